package view

import (
	"time"

	"github.com/a-h/templ"
)

// BrowserLogs are the log lines of one browser that is followed.
type BrowserLogs struct {
	Browsers []FollowedBrowser // the last one first
	Chosen   string            // name of the one that is shown; "" there is none
	Lines    []BrowserLine     // of it, the newest first
	Form     *Form             // nil: this viewer can follow nobody
}

// FollowedBrowser is a browser whose requests are marked.
type FollowedBrowser struct {
	Name, By string
	Until    time.Time
	Href     string // its lines
	Link     string // marks the browser that follows it; "" not for this viewer
	Address  string // the same with its host, for another browser
	Current  bool
}

// BrowserLine is a log line of one of its requests.
type BrowserLine struct {
	ID     string // of the line
	Record string
	Name   string // of the Record
	At     time.Time
	Line   Span
}

// Form is where an action goes, with the proof that it came from a page.
type Form struct{ Path, Proof string }

// live is the region that the script adds rows to.
func (m BrowserLogs) live(s Shell) templ.Attributes {
	a := templ.Attributes{"class": "list"}
	if s.Live != nil && s.Live.URL != "" {
		a["data-live"] = s.Live.URL
	}
	return a
}

// BrowserLogsPage is the log lines of one browser, as they come.
func BrowserLogsPage(s Shell, m BrowserLogs) templ.Component { return page(s, browserLogs(s, m)) }

// BrowserLogRows are lines for the stream that the page listens to. Of s only Base and Now matter.
func BrowserLogRows(s Shell, lines []BrowserLine) templ.Component {
	return cleanRows(browserLogRows(s, lines))
}
