package widget_test

import (
	"context"
	"os"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar/widget"
)

// Parts are components, and stand in one another.
func Example() {
	page := widget.Stack{
		widget.Numbers{{Label: "Orders", Value: widget.Count(1204), Note: "today"}, {Label: "Sold", Value: widget.Count(18204), Unit: "€"}},
		widget.Card{Title: "Sales", Body: widget.Lines{
			Label: "Sales by hour", Unit: "€", Start: time.Now().Add(-3 * time.Hour), Step: time.Hour,
			Lines: []widget.Line{{Label: "sold", Values: []float64{410, 380, 512}}},
		}},
	}
	_ = page

	if err := (widget.Facts{{Name: "Kiln", Value: "cooling"}}).Render(context.Background(), os.Stdout); err != nil {
		panic(err)
	}
	// Output: <dl class="kv wide"><dt>Kiln</dt><dd>cooling </dd></dl>
}
