package view

import (
	"cmp"
	"time"

	"github.com/a-h/templ"
)

// app returns the app's name, or a word in its place.
func (s Shell) app() string { return cmp.Or(s.App, "app") }

// navGroup is a titled part of the navigation.
type navGroup struct {
	title string
	items []navItem
}

// navItem is one link of the navigation.
type navItem struct {
	page, label, icon, href string
	count                   int64 // negative shows none
}

// nav lists the pages that exist.
func (s Shell) nav() []navGroup {
	item := func(page, label, icon string, count int64) navItem {
		return navItem{page, label, icon, s.Base.Page(page), count}
	}
	home := item("overview", "Overview", "home", -1)
	home.href = s.Base.Overview()
	c := s.Counts
	groups := []navGroup{
		{"", []navItem{
			home,
			item("requests", "Requests", "request", c.Requests),
			item("commands", "Commands", "command", c.Commands),
			item("tasks", "Tasks", "task", c.Tasks),
		}},
		{"Handlers", []navItem{
			item("handlers", "Handlers", "chart", c.Handlers),
			item("routes", "Routes", "route", -1),
			item("signals", "Signals", "signal", c.Signals),
			item("middleware", "Middleware", "layer", c.Layers),
			item("queries", "Queries", "query", c.Queries),
			item("exceptions", "Exceptions", "exception", c.Exceptions),
		}},
		{"Diagnose", []navItem{
			item("alerts", "Alerts", "info", -1),
			item("slow", "Slow", "slow", c.Slow),
			item("compare", "Compare", "view", -1),
			item("logs", "Logs of a browser", "log", -1),
			item("health", "Health", "health", -1),
			item("help", "Help", "info", -1),
		}},
	}
	if len(s.Custom) == 0 {
		return groups
	}
	own := navGroup{title: "This app"}
	for _, p := range s.Custom {
		own.items = append(own.items, navItem{"pages/" + p.Name, p.Title, p.Icon, s.Base.Custom(p.Name), -1})
	}
	return append(groups, own)
}

// current marks a link as the one that is shown.
func current(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"aria-current": "true"}
}

// selected marks a row as the one that is shown.
func selected(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"aria-selected": "true"}
}

// text names the build that runs.
func (b Build) text(now time.Time) string {
	text := "Build " + b.Revision
	switch {
	case b.Revision == "" && b.Since.IsZero():
		return "No build seen yet"
	case b.Revision == "":
		text = "Build without a revision"
	}
	if b.Dirty {
		text += ", changed tree"
	}
	if !b.Since.IsZero() {
		text += ", " + Ago(b.Since, now)
	}
	return text
}

// text says how full the store is.
func (u StoreUse) text() string {
	text := "Store " + Bytes(u.Bytes)
	if u.MaxBytes > 0 {
		text += " of " + Bytes(u.MaxBytes)
	}
	return text
}

// timeless takes the time ranges away from a page that is always about now.
func (s Shell) timeless() Shell {
	s.Ranges = nil
	return s
}

// pausedHref leads to where recording is resumed; "" when that is this page.
func (s Shell) pausedHref() string {
	if s.Active == "health" {
		return ""
	}
	return s.Base.Page("health")
}
