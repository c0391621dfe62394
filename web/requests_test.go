package web

import (
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

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
