package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// cacheDeleteTime is how long a cache may take to delete a key.
const cacheDeleteTime = 5 * time.Second

// cacheKey is a key that a Record's call of a cache was about.
type cacheKey struct {
	record instrument.ID
	span   int
	cache  string
	key    string
}

// gone are the keys that were deleted lately, for the pages that show them, by Record and span.
type gone struct {
	mu    sync.Mutex // guards what follows
	at    map[string]time.Time
	order []string // the oldest first
}

const maxGone = 200

func (k cacheKey) id() string { return fmt.Sprintf("%s, call %d", k.record, k.span) }

func (g *gone) add(id string, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.at == nil {
		g.at = map[string]time.Time{}
	}
	if _, known := g.at[id]; !known {
		g.order = append(g.order, id)
	}
	g.at[id] = at
	if len(g.order) > maxGone {
		delete(g.at, g.order[0])
		g.order = g.order[1:]
	}
}

func (g *gone) when(id string) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.at[id]
}

var (
	errNoCacheKey = errors.New("the Record has no such call of a cache")
	errHiddenKey  = errors.New("the key was masked or cut when it was recorded, so it is not known any more")
	errSeveral    = errors.New("the call was about several keys, of which only the first was kept")
	errNoDelete   = errors.New("the app hands over nothing that deletes keys of this cache: see toolbar.Config.CacheDelete")
)

// wholeKey reports whether the text of a key is the key itself: not masked, not cut, and with
// nothing in it that was replaced. What only looks masked is not deleted either.
func wholeKey(a attrsOf, key string) bool {
	return key != "" && !a.is("cache.key.altered") && utf8.ValidString(key) && !strings.ContainsAny(key, "…\uFFFD") && !strings.Contains(key, instrument.Redacted)
}

// keyOf is the key of one of a Record's calls, if it can be deleted.
func (d *Dashboard) keyOf(rec *instrument.Record, span int) (k cacheKey, err error) {
	k.record, k.span = rec.ID, span
	if span < 0 || span >= len(rec.Spans) || rec.Spans[span].Handler.Kind != instrument.KindCache {
		return k, errNoCacheKey
	}
	a := attrsOf(rec.Spans[span].Attrs)
	k.cache, k.key = a.text("cache.name"), a.text("cache.key")
	switch {
	case k.key == "":
		return k, errNoCacheKey
	case d.config.CacheDelete[k.cache] == nil:
		return k, errNoDelete
	case a.number("cache.keys", 1) > 1:
		return k, errSeveral
	case !wholeKey(a, k.key):
		return k, errHiddenKey
	}
	return k, nil
}

// postedKey is the key that a form is about. The form names the Record and the span and
// nothing else: what is deleted is a key that the app itself has asked for.
func (d *Dashboard) postedKey(r *http.Request) (k cacheKey, err error) {
	id, err := instrument.ParseID(r.PostForm.Get("id"))
	if err != nil {
		return k, err
	}
	k.record = id
	span, err := strconv.Atoi(r.PostForm.Get("span"))
	if err != nil {
		return k, errNoCacheKey
	}
	rec, err := d.store.Record(r.Context(), id)
	if err != nil {
		return k, err
	}
	return d.keyOf(rec, span)
}

// deleteKey deletes the key of a call from the app's cache.
func deleteKey(d *Dashboard, r *http.Request) (target string, err error) {
	k, err := d.postedKey(r)
	if err != nil {
		return k.id(), err
	}
	target = k.cache + " " + k.key
	ctx, cancel := context.WithTimeout(r.Context(), cacheDeleteTime)
	defer cancel()
	if err := calmly(func() error { return d.config.CacheDelete[k.cache](ctx, k.key) }); err != nil {
		return target, err
	}
	d.gone.add(k.id(), time.Now())
	return target, nil
}

// calmly calls a function of the app; a panic of it is its error.
func calmly(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f()
}

// sureKey asks before a key is deleted.
func (d *Dashboard) sureKey(w http.ResponseWriter, r *http.Request) (done bool) {
	if r.PostForm.Get("sure") != "" || !d.may(r, ActCache) {
		return false
	}
	k, err := d.postedKey(r)
	if err != nil {
		return false // which is told when it is tried
	}
	d.html(func(d *Dashboard, r *http.Request) (templ.Component, error) {
		q := view.Question{
			Title: "Delete a key", Path: d.base.Page("cache"), Proof: d.proof(), Back: d.back(r.PostForm.Get("back")), Action: "Delete it",
			Text: fmt.Sprintf("The key %s goes from the cache %s, whatever is there by now. The app then does what it does when a key is not there.", k.key, k.cache),
			Fields: []view.Attr{
				{Key: "do", Value: string(ActCache)}, {Key: "sure", Value: "yes"},
				{Key: "id", Value: k.record.String()}, {Key: "span", Value: strconv.Itoa(k.span)},
			},
		}
		return view.QuestionPage(d.shell(r, q.Title, "requests"), q), nil
	}).ServeHTTP(w, r)
	return true
}

// cacheKeys says for each call of a cache whether its key can be deleted, for who may.
func (d *Dashboard) cacheKeys(r *http.Request, rec *instrument.Record, m *view.Record) {
	if len(d.config.CacheDelete) == 0 || !d.may(r, ActCache) {
		return
	}
	for i := range rec.Spans {
		c := m.Spans[i].Cached
		if c == nil {
			continue
		}
		switch k, err := d.keyOf(rec, i); {
		case err == nil:
			c.Deletable, c.Deleted = true, d.gone.when(k.id())
		case errors.Is(err, errHiddenKey), errors.Is(err, errSeveral):
			c.Kept = err.Error()
		}
		if c.Deletable && m.CacheForm == nil {
			m.CacheForm = &view.Form{Path: d.base.Page("cache"), Proof: d.proof()}
		}
	}
}
