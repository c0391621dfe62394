package view

import (
	"net/url"
	"strings"
)

// Base is the path under which the dashboard is mounted, with a slash at both ends: "/_toolbar/". Its
// methods are every link that a page contains. Behind a question mark it has the parameters that each of them carries
// on: "/_toolbar/?service=shop".
type Base string

// The parameters that choose which service or process pages are about.
const (
	ParamService = "service"
	ParamProcess = "process"
)

// Overview links to the first page.
func (b Base) Overview() string { return b.Page("") }

// Page links to a page by its name: "requests", "signals", "health". It may have parameters and a fragment:
// "handlers?kind=query#top".
func (b Base) Page(name string) string {
	path, kept, ok := strings.Cut(string(b), "?")
	if !ok {
		return path + name
	}
	name, fragment, marked := strings.Cut(name, "#")
	if strings.Contains(name, "?") {
		name += "&" + kept
	} else {
		name += "?" + kept
	}
	if marked {
		name += "#" + fragment
	}
	return path + name
}

// Path is where the dashboard is mounted, without what links carry on.
func (b Base) Path() string {
	path, _, _ := strings.Cut(string(b), "?")
	return path
}

// Record links to one Record by its id.
func (b Base) Record(id string) string { return b.Page("requests/" + url.PathEscape(id)) }

// spanHref links to a span of a Record.
func (b Base) spanHref(id string, span int) string {
	return b.Page("requests/" + url.PathEscape(id) + "?span=" + index(span) + "#" + rowID(span))
}

// RecordPanel links to a panel of a Record: "sql", "signals", "logs". The empty panel is the waterfall.
func (b Base) RecordPanel(id, panel string) string {
	if panel == "" {
		return b.Record(id)
	}
	return b.Page("requests/" + url.PathEscape(id) + "/" + url.PathEscape(panel))
}

// Handler links to the page of one handler.
func (b Base) Handler(k Kind, name string) string {
	return b.Page("handlers/one?" + url.Values{"kind": {string(k)}, "name": {name}}.Encode())
}

// CompareRecords links to two Records side by side.
func (b Base) CompareRecords(a, c string) string {
	return b.Page("compare?" + url.Values{"a": {a}, "b": {c}}.Encode())
}

// Signal links to one signal of the catalogue.
func (b Base) Signal(name string) string {
	return b.Page("signals?" + url.Values{"signal": {name}}.Encode())
}

// Search links to the Records that match a filter.
func (b Base) Search(q string) string {
	return b.Page("requests?" + url.Values{"q": {q}}.Encode())
}

// URL is the address of the page that is drawn. Pages derive their links from it, so that a click changes one
// thing and keeps the rest.
type URL struct {
	Path  string     // absolute: "/_toolbar/requests"
	Query url.Values // nil is empty
}

// With returns the address with parameters set, given as names and values in turn; an empty value removes one.
// Paging starts again, because a cursor is only valid for the list it was made for.
func (u URL) With(pairs ...string) string {
	q := url.Values{}
	for k, v := range u.Query {
		if k != "before" && k != "after" && k != "fragment" && k != "deeper" {
			q[k] = v
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return join(u.Path, q)
}

// And returns the address with parameters set as With does, in the same place of a list.
func (u URL) And(pairs ...string) string {
	for _, k := range []string{"before", "after"} {
		if v := u.Query.Get(k); v != "" {
			pairs = append(pairs, k, v)
		}
	}
	return u.With(pairs...)
}

// Without returns the address without the named parameters.
func (u URL) Without(keys ...string) string {
	q := url.Values{}
	for k, v := range u.Query {
		q[k] = v
	}
	for _, k := range keys {
		q.Del(k)
	}
	return join(u.Path, q)
}

// chosen are the parameters that say which service or process a page is about. All links carry them on.
func (u URL) chosen() (out []Attr) {
	for _, name := range []string{ParamService, ParamProcess} {
		if v := u.Query.Get(name); v != "" {
			out = append(out, Attr{Key: name, Value: v})
		}
	}
	return out
}

// Get returns the first value of a parameter, or "".
func (u URL) Get(key string) string { return u.Query.Get(key) }

func join(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	// Spaces as %20: a plus sign in an address bar is read as a plus by people.
	return path + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}
