package monitor

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// SameName is a receiver called "onOrder", as the tests' package has one.
var SameName = onOrder

func onOrder(context.Context, signals.Event[int]) error { return nil }
