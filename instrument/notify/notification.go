package notify

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Severity is how bad something is.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // something fails
	Warning Severity = "warning" // something is slow, or wasteful
)

// State is what a Notification says of what it is about.
type State string

// The states.
const (
	Began State = "began" // an alert: it goes on until Ended, and is told again after Config.Quiet
	Ended State = "ended" // that alert: nothing of it was seen for Config.Window
	Found State = "found" // a finding, which has no end
)

// Condition is something that is wrong. All texts are masked, and none is longer than
// [MaxText].
type Condition struct {
	// Rule is the name of the rule by which it was found, as toolbar.Config.AlertsOff has
	// them: "n+1", "handler-fails", "new-exception".
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`          // in one line: "receiver send-confirmation fails"
	Text     string   `json:"text"`           // what is to be seen: "3 of 40 calls failed."
	Fix      string   `json:"fix,omitempty"`  // what to do, in words
	Kind     string   `json:"kind,omitempty"` // of the handler: "receiver"
	Handler  string   `json:"handler"`        // that it is about; "" none
	Count    int64    `json:"count"`          // how often, in the last minutes
	Of       int64    `json:"of,omitempty"`   // out of; 0 not known
	Record   string   `json:"record,omitempty"`
	Path     string   `json:"path"` // of the dashboard's page of it, on this app's server

	// ID tells conditions of one rule and handler apart: an exception's fingerprint. "" where
	// there is one of them.
	ID string `json:"id,omitempty"`
	// Once is a finding; otherwise it is an alert, which begins and ends.
	Once bool `json:"-"`
}

// key is what is told once in a quiet period.
type key struct{ rule, kind, handler, id string }

func (c *Condition) key() key { return key{c.Rule, c.Kind, c.Handler, c.ID} }

// Notification is what is told.
type Notification struct {
	State State     `json:"state"`
	At    time.Time `json:"at"`    // when it was seen
	Since time.Time `json:"since"` // when it was seen first, of an alert that goes on or has ended
	Condition
	URL     string `json:"url,omitempty"` // of the dashboard's page of it; "" the app's public address is not known
	Service string `json:"service"`       // that it was seen in; "" unknown
	Host    string `json:"host"`
	Build   string `json:"build,omitempty"`
}

// Subject is a Notification in one line: "[fernhill] receiver send-confirmation fails".
func (n *Notification) Subject() string {
	var b strings.Builder
	if n.Service != "" {
		b.WriteString("[" + n.Service + "] ")
	}
	if n.State == Ended {
		b.WriteString("Ended: ")
	}
	b.WriteString(n.Title)
	return b.String()
}

// MaxText is the most bytes of each text of a Condition; what is longer ends in "…".
const MaxText = 2000

// bound cuts texts to MaxText.
func (c *Condition) bound() {
	for _, text := range []*string{&c.Title, &c.Text, &c.Fix, &c.Handler, &c.Path} {
		*text = cut(*text, MaxText)
	}
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const more = "…"
	end := most - len(more)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + more
}

// size is about how many bytes it takes while it waits.
func (n *Notification) size() int {
	const rest = 512
	return rest + len(n.Title) + len(n.Text) + len(n.Fix) + len(n.Handler) + len(n.Path) + len(n.URL)
}
