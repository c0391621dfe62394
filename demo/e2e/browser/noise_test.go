package browser_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// noise collects what a browser says about a page that has no reason to make it say anything.
type noise struct {
	mu   sync.Mutex // guards said
	said []string
}

func (n *noise) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.said = append(n.said, fmt.Sprintf(format, args...))
}

// take returns what was said, and forgets it.
func (n *noise) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	said := n.said
	n.said = nil
	return said
}

func (n *noise) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.said, "\n")
}

// hear takes an event of the browser.
func (n *noise) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		n.add("console %s: %s", e.Type, texts(e.Args))
	case *runtime.EventExceptionThrown:
		n.add("error of a script: %s %s", e.ExceptionDetails.Text, texts([]*runtime.RemoteObject{e.ExceptionDetails.Exception}))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelVerbose {
			return // advice about the shop's forms, which consoles do not show
		}
		n.add("%s %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *audits.EventIssueAdded:
		n.issue(e.Issue)
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err == nil && !slices.Contains([]string{"127.0.0.1", ""}, u.Hostname()) {
			n.add("a request goes to another host: %s", e.Request.URL)
		}
	case *network.EventLoadingFailed:
		if e.BlockedReason != "" {
			n.add("blocked: %s", e.BlockedReason)
		}
	}
}

// issue counts what a content policy refused. The other issues are advice.
func (n *noise) issue(i *audits.InspectorIssue) {
	if csp := i.Details.ContentSecurityPolicyIssueDetails; csp != nil {
		n.add("content policy: %s refused %s", csp.ViolatedDirective, csp.BlockedURL)
	}
}

func texts(args []*runtime.RemoteObject) string {
	var b strings.Builder
	for _, a := range args {
		if a == nil {
			continue
		}
		fmt.Fprintf(&b, " %s%s", a.Value, a.Description)
	}
	return b.String()
}
