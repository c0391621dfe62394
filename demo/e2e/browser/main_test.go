package browser_test

import (
	"flag"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

var shots = flag.String("shots", "", "`folder` for pictures of the pages that the tests open; \"\" takes none")

func TestMain(m *testing.M) { e2etest.Main(m, chromium.stop) }
