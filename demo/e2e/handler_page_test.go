package e2e_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
)

// TestPages_AHandlerSaysWhatItsTimeIsSpentOn: not the layer that contains all the rest, but the receiver that waits.
func TestPages_AHandlerSaysWhatItsTimeIsSpentOn(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t, func(o *app.Options) { o.RelayDelay = 2 * time.Second }) // longer than all else, also where the disk is busy
	e2etest.NewVisitor(t, a.URL).Order()
	a.Flush()

	page := e2etest.Text(t, a.Page("handlers/one?kind=request&name="+url.QueryEscape("POST /orders")))
	why := between(t, page, `aria-label="Why it is slow"`, "</section>")
	first := between(t, why, "<li>", "</li>")
	if !strings.Contains(first, "send-confirmation") {
		t.Errorf("the first reason is %s", first)
	}
	if strings.Contains(why, "request-log") {
		t.Errorf("a layer that only contains others is a reason: %s", why)
	}
	if !strings.Contains(why, "Spent on: ") {
		t.Error("nothing is said of what the time was spent on")
	}
	if strings.Contains(page, `aria-label="Callers"`) {
		t.Error("a request has callers")
	}
	receiver := e2etest.Text(t, a.Page("handlers/one?kind=receiver&name=send-confirmation"))
	if callers := between(t, receiver, `aria-label="Callers"`, "</section>"); !strings.Contains(callers, "order_status_changed") {
		t.Errorf("the receiver's callers are %s", callers)
	}
}

// TestPages_APanicIsOneFailure: of a receiver that panicked once the list says so once.
func TestPages_APanicIsOneFailure(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	e2etest.NewVisitor(t, a.URL).Order()
	a.Flush()
	row := between(t, e2etest.Text(t, a.Page("handlers?kind=receiver")), `title="sync-crm"`, "</tr>")
	if !strings.Contains(row, `st-bad">1</`) {
		t.Errorf("the row of sync-crm has not one failure: %s", row)
	}
}

// TestPages_TimesAreNotComparedWithNothing: in the first hour of an app everything would be new.
func TestPages_TimesAreNotComparedWithNothing(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	e2etest.NewVisitor(t, a.URL).Get("/")
	a.Flush()
	page := e2etest.Text(t, a.Page("compare?what=window"))
	if !strings.Contains(page, "Nothing is kept of the 1 h before") || strings.Contains(page, `aria-label="Handlers, worst first"`) {
		t.Error("an app's first hour is compared with the one before")
	}
}
