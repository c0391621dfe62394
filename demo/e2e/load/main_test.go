package load_test

import (
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

func TestMain(m *testing.M) { e2etest.Main(m) }
