package web

import (
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

func TestCursor_IsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	id := instrument.FirstID(time.Unix(1_800_000_000, 0)) + 7
	for _, c := range []query.Cursor{
		{ID: id}, {ID: id, Duration: 1234567}, {ID: id, Number: 42}, {ID: id, Number: -1}, {ID: id, Text: "a~b-c/ü?&"}, {ID: id, Number: 5, Text: "x"},
	} {
		if got, ok := parseCursor(cursorText(c)); !ok || got != c {
			t.Errorf("%+v is written %q and read %+v, %v", c, cursorText(c), got, ok)
		}
	}
	for _, text := range []string{"", "nonsense", id.String() + "-", id.String() + "--5", id.String() + "-zzzzzzzzzzzzzzzzz", id.String() + "~!~", id.String() + "~1~@", "~1~"} {
		if c, ok := parseCursor(text); ok {
			t.Errorf("%q is read as %+v", text, c)
		}
	}
}

func TestF04_WhatWasKilledIsNotShownAsRunning(t *testing.T) {
	t.Parallel()
	h := instrument.HandlerInfo{Kind: instrument.KindCommand, Name: "import"}
	runs := instrument.Summary{Flags: instrument.FlagUnfinished}
	killed := instrument.Summary{Flags: instrument.FlagUnfinished | instrument.FlagError, Error: "did not finish: its process ended without a word"}
	if row := rowModel(&runs, h, 0); !row.Running {
		t.Errorf("%+v", row)
	}
	if row := rowModel(&killed, h, 0); row.Running || row.Note != killed.Error {
		t.Errorf("%+v", row)
	}
}
