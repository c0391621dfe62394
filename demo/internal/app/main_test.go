package app_test

import (
	"testing"

	"go.uber.org/goleak"
)

// scs.New starts a store of its own, whose clean-up cannot be stopped; the shop puts another in its place.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"))
}
