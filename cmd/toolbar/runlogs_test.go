package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// keptOutput are the lines in a store, as "stdout: text", and the Records that have them.
func keptOutput(t *testing.T, path string) (lines []string, records []*instrument.Record) {
	t.Helper()
	err := withStore(t.Context(), path, func(s *store.Store) error {
		page, err := s.Records(t.Context(), query.Records{Kinds: []instrument.Kind{kindOutput}, Sort: query.Oldest, Limit: 500})
		if err != nil {
			return err
		}
		for i := range page.Records {
			rec, err := s.Record(t.Context(), page.Records[i].ID)
			if err != nil {
				return err
			}
			records = append(records, rec)
			for _, line := range rec.Spans[1:] {
				lines = append(lines, line.Handler.Name+": "+attrText(line.Attrs, "log.message"))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, records
}

func attrText(attrs []instrument.KV, key string) string {
	for _, a := range attrs {
		if text, ok := a.Value.(string); ok && a.Key == key {
			return text
		}
	}
	return ""
}

// TestRunLogs_KeepsWhatTheAppWrites runs this test's program again as the app.
func TestRunLogs_KeepsWhatTheAppWrites(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "run.db")
	r := toolbar(t, "run", "--logs", "-q", "--db", db, "--", os.Args[0], "-test.run=TestHelperApp", "writes")
	if want := "one\n\x1b[31mred\x1b[0m \x00\xff\npassword=hunter2hunter2\n\npart"; r.stdout != want || !strings.HasPrefix(r.stderr, "panic: it broke") || r.code != 2 {
		t.Fatalf("the app's output has changed: %+v", r)
	}
	lines, records := keptOutput(t, db)
	var stdout, stderr []string
	for _, l := range lines {
		if strings.HasPrefix(l, "stdout: ") {
			stdout = append(stdout, l)
		} else {
			stderr = append(stderr, l)
		}
	}
	if got, want := strings.Join(stdout, "|"), "stdout: one|stdout: red \ufffd\ufffd|stdout: password=[redacted]|stdout: |stdout: part"; got != want {
		t.Errorf("kept %q\nwant %q", got, want)
	}
	if len(stderr) == 0 || stderr[0] != "stderr: panic: it broke" {
		t.Errorf("kept %q", stderr)
	}
	if last := records[len(records)-1]; !last.Flags.Has(instrument.FlagError) || last.Error != "the app ended with exit code 2" {
		t.Errorf("the last Record is %+v", last.Summary)
	}
	first := records[0].Path // of the stream that was read first
	if list := mustRun(t, "requests", "kind:output", "--db", db); first == "" || !strings.Contains(list, " "+first+" ") {
		t.Errorf("the list has no %q: %q", first, list)
	}
}

func TestRunLogs_WithoutTheFlagNothingIsKept(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "run.db")
	if r := toolbar(t, "run", "-q", "--db", db, "--", os.Args[0], "-test.run=TestHelperApp", "writes"); r.code != 2 {
		t.Fatalf("%+v", r)
	}
	if _, err := os.Stat(db); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a store: %v", err)
	}
}

func TestRunLogs_LinesAreBoundedAndStretchesAre(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "run.db")
	l, err := keepOutput(t.Context(), db, []string{"app"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s := l.stream("stdout", &out)
	long := strings.Repeat("x", maxLine+5)
	for _, part := range []string{long[:100], long[100:] + "\n", strings.Repeat("y\n", stretchLines)} {
		if n, err := io.WriteString(s, part); err != nil || n != len(part) {
			t.Errorf("wrote %d, %v", n, err)
		}
	}
	if notes := l.close(0); len(notes) != 0 {
		t.Errorf("notes %q", notes)
	}
	if want := long + "\n" + strings.Repeat("y\n", stretchLines); out.String() != want {
		t.Error("what was passed on is not what was written")
	}
	lines, records := keptOutput(t, db)
	if len(lines) != stretchLines+1 || len(records) < 2 || lines[0] != "stdout: "+long[:maxLine] {
		t.Errorf("%d lines in %d Records", len(lines), len(records))
	}
	cut := false
	for _, a := range records[0].Spans[1].Attrs {
		cut = cut || a.Key == keyCut.Name() && a.Value == int64(5)
	}
	if !cut {
		t.Errorf("the cut is not said: %+v", records[0].Spans[1].Attrs)
	}
}

// TestRunLogs_WhatHasNoRoomIsDroppedAndCounted has nobody who takes the output.
func TestRunLogs_WhatHasNoRoomIsDroppedAndCounted(t *testing.T) {
	t.Parallel()
	l := &outputLog{chunks: make(chan chunk, 2)}
	var out bytes.Buffer
	s := l.stream("stdout", &out)
	for range 5 {
		if _, err := io.WriteString(s, "four"); err != nil {
			t.Error(err)
		}
	}
	if out.Len() != 20 || l.dropped != 12 || s.lost != 12 || len(l.chunks) != 2 {
		t.Errorf("%d bytes passed on, %d dropped, %d since the last chunk", out.Len(), l.dropped, s.lost)
	}
	<-l.chunks
	l.waiting = maxWaiting - 3
	if _, err := io.WriteString(s, "four"); err != nil || l.dropped != 16 {
		t.Errorf("%d dropped, %v", l.dropped, err)
	}
	l.waiting = 0
	if _, err := io.WriteString(s, "four"); err != nil {
		t.Error(err)
	}
	<-l.chunks
	if c := <-l.chunks; c.lost != 16 || s.lost != 0 {
		t.Errorf("the chunk says that %d were lost before it", c.lost)
	}
}
