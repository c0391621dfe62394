package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// filterOf reads the parameter "q". A form sends it twice: what was there already and
// what was typed behind it. What cannot be read is given back with the mistake.
func filterOf(params url.Values) (f *filter.Filter, bad string, err error) {
	f = &filter.Filter{}
	for _, text := range params["q"] {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		next, err := filter.Parse(text, filter.Options{})
		if err != nil {
			return f, text, err
		}
		if len(f.Terms()) == 0 {
			f = next
		} else {
			f = f.With(next)
		}
	}
	return f, "", nil
}

// tokens are the terms as the page shows them, each with the list without it.
func tokens(here view.URL, f *filter.Filter) []view.Token {
	terms := f.Terms()
	out := make([]view.Token, len(terms))
	for i, t := range terms {
		out[i] = view.Token{Value: t.Text, Href: here.With("q", f.Without(i).String())}
		if t.Field != "" && !t.Not {
			out[i].Key, out[i].Value = t.Field, t.Operator+t.Value
			if t.Operator == ":" {
				out[i].Value = t.Value
			}
		}
	}
	return out
}

// pointer is where a mistake is, for a line under the text.
func pointer(err error) string {
	if e, ok := errors.AsType[*filter.Error](err); ok {
		return e.Pointer()
	}
	return ""
}

// savedFilter is a filter that somebody gave a name.
type savedFilter struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Q    string `json:"q"`
}

const maxSaved = 50

// saved are the filters that were saved, in the order in which they were.
func (d *Dashboard) saved(ctx context.Context) (all []savedFilter) {
	if d.editor == nil {
		return nil
	}
	text, err := d.editor.Setting(ctx, query.SavedFilters)
	if err != nil || text == "" || json.Unmarshal([]byte(text), &all) != nil {
		return nil
	}
	return all
}

// saveFilter keeps a filter under a name, or with "forget" lets go of it.
func saveFilter(d *Dashboard, r *http.Request) (target string, err error) {
	if d.editor == nil {
		return "", errNotKept
	}
	next := savedFilter{Name: strings.TrimSpace(r.PostForm.Get("name")), Kind: r.PostForm.Get("kind"), Q: r.PostForm.Get("q")}
	if next.Name == "" || len(next.Name) > 60 {
		return "", errors.New("give the filter a name of 1 to 60 characters")
	}
	if _, err := filter.Parse(next.Q, filter.Options{}); err != nil {
		return "", err
	}
	all := slices.DeleteFunc(d.saved(r.Context()), func(s savedFilter) bool { return s.Name == next.Name })
	if r.PostForm.Get("do") != "forget" {
		if len(all) >= maxSaved {
			return "", errors.New("there are 50 saved filters, which is as many as are kept: remove one first")
		}
		all = append(all, next)
	}
	body, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	return next.Name, d.editor.SetSetting(r.Context(), query.SavedFilters, string(body))
}

// complete proposes how a filter that is being typed can go on: parameters q and at.
func apiComplete(d *Dashboard, r *http.Request) (any, error) {
	params := r.URL.Query()
	text := params.Get("q")
	out := completionListJSON{Completions: []completionJSON{}}
	for _, c := range filter.Complete(text, min(len(text), number(params.Get("at"), len(text))), d.filterValues(r.Context())) {
		out.Completions = append(out.Completions, completionJSON(c))
		if len(out.Completions) == maxCompletions {
			break
		}
	}
	return out, nil
}

const maxCompletions = 12

type completionListJSON struct {
	Completions []completionJSON `json:"completions"`
}

type completionJSON struct {
	From int    `json:"from"` // bytes of q that Text replaces
	To   int    `json:"to"`
	Text string `json:"text"`
	Doc  string `json:"doc,omitempty"`
}

// filterValues are the app's own values: routes, users and tags of what is kept.
func (d *Dashboard) filterValues(ctx context.Context) func(field, prefix string) []string {
	return func(field, prefix string) (out []string) {
		add := func(v string) {
			if v != "" && strings.HasPrefix(strings.ToLower(v), strings.ToLower(prefix)) && !slices.Contains(out, v) && len(out) < maxCompletions {
				out = append(out, v)
			}
		}
		switch field {
		case "route", "handler":
			rows, err := d.store.Handlers(ctx, query.Handlers{Since: time.Now().Add(-7 * 24 * time.Hour), Kinds: listKinds})
			if err != nil {
				return nil
			}
			for i := range rows {
				add(rows[i].Handler.Name)
			}
		case "user", "tag":
			page, err := d.store.Records(ctx, query.Records{Limit: 500})
			if err != nil {
				return nil
			}
			for i := range page.Records {
				if field == "user" {
					add(page.Records[i].User)
				} else {
					for _, t := range page.Records[i].Tags {
						add(t)
					}
				}
			}
		}
		return out
	}
}
