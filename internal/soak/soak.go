// Package soak lets a test do more than a quick run has time for, and say what came of
// it: "make soak" runs such tests at length and puts their figures into
// docs/reliability.md.
package soak

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// Long is the variable that asks for the long form; Figures names the file to which the
// figures are added, one JSON object a line. "": they are logged only.
const (
	Long    = "TOOLBAR_SOAK"
	Figures = "TOOLBAR_SOAK_FIGURES"
)

// Figure is what one test has found.
type Figure struct {
	Promise string `json:"promise"` // T12, F08
	Test    string `json:"test"`
	Text    string `json:"text"`
}

// On tells whether the long form is asked for.
func On() bool { return os.Getenv(Long) != "" }

// N is quick, or long if that is asked for.
func N(quick, long int) int {
	if On() {
		return long
	}
	return quick
}

// Report notes what a test of a promise has found, unless it failed.
func Report(t testing.TB, promise, format string, args ...any) {
	t.Helper()
	f := Figure{promise, t.Name(), fmt.Sprintf(format, args...)}
	t.Log(f.Text)
	path := os.Getenv(Figures)
	if path == "" || !On() || t.Failed() {
		return
	}
	line, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := out.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
}
