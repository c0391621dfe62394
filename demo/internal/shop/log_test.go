package shop_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// logged keeps what a shop logs.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// line is the first line that has text in it.
func (l *logged) line(t *testing.T, text string) string {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	t.Fatalf("%q was not logged:\n%s", text, &l.text)
	return ""
}

// setupLogged is setup with the shop's log lines.
func setupLogged(t *testing.T) (*bench, *logged) {
	t.Helper()
	l := &logged{}
	return setupWith(t, slog.New(slog.NewTextHandler(l, nil))), l
}
