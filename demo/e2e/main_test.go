package e2e_test

import (
	"os"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

func TestMain(m *testing.M) {
	if os.Getenv(programVar) != "" {
		goWrong()
		return
	}
	if file := os.Getenv(storeVar); file != "" {
		os.Exit(wholesale(file)) // this process was started as a program of commands
	}
	e2etest.Main(m)
}
