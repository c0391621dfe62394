package chitap_test

import (
	"testing"

	"go.uber.org/goleak"
)

// scs.New starts a goroutine that runs for as long as the process does.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"))
}
