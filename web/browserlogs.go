package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

const (
	// followParam brings the token of a followed browser, in the address of any page of the app.
	followParam = "toolbar-logs"
	// followCookie keeps it there.
	followCookie = "debug_toolbar_logs"
	// followTime is how long a browser is followed.
	followTime = time.Hour
	// maxFollowed is how many browsers are followed at once.
	maxFollowed = 20
	// followTag begins the tag of the Records of such a browser.
	followTag = "browser-"
)

// followed are the browsers whose log lines somebody wants to see as they come. A browser is
// one that brought a token: its name and its end, signed with a key that only this process
// has. Whoever has the token can do one thing with it, which is to be followed.
//
// Its methods are safe for concurrent use.
type followed struct {
	key []byte
	any atomic.Bool // nobody ever asked: then no cookie is looked at

	mu  sync.Mutex // guards all
	all []followedBrowser
}

type followedBrowser struct {
	name  string
	by    string // who asked
	until time.Time
}

func (b followedBrowser) tag() string { return followTag + b.name }

// add follows one more browser.
func (f *followed) add(by string, now time.Time) (b followedBrowser, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(now)
	if len(f.all) >= maxFollowed {
		return b, fmt.Errorf("%d browsers are followed, which is as many as there may be: stop one first", len(f.all))
	}
	b = followedBrowser{name: strings.ToLower(rand.Text()[:8]), by: by, until: now.Add(followTime).Truncate(time.Second)}
	f.all = append(f.all, b)
	f.any.Store(true)
	return b, nil
}

// stop lets go of a browser; false when it is not followed.
func (f *followed) stop(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.all)
	f.all = slices.DeleteFunc(f.all, func(b followedBrowser) bool { return b.name == name })
	return len(f.all) < n
}

// now are those that are followed, the last one first.
func (f *followed) now(now time.Time) []followedBrowser {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(now)
	out := slices.Clone(f.all)
	slices.Reverse(out)
	return out
}

// forget lets go of those whose time is over. Called with mu held.
func (f *followed) forget(now time.Time) {
	f.all = slices.DeleteFunc(f.all, func(b followedBrowser) bool { return !now.Before(b.until) })
}

// token is what a browser brings to be followed.
func (f *followed) token(b followedBrowser) string {
	text := b.name + "." + strconv.FormatInt(b.until.Unix(), 10)
	return text + "." + f.sign(text)
}

func (f *followed) sign(text string) string {
	mac := hmac.New(sha256.New, f.key)
	mac.Write([]byte("followed browser\x00" + text))
	return strings.ToLower(strings.TrimRight(encode32(mac.Sum(nil)), "="))
}

// verify finds the browser of a token: one that was signed here, whose time is not over and
// that nobody has let go.
func (f *followed) verify(token string, now time.Time) (b followedBrowser, ok bool) {
	at := strings.LastIndexByte(token, '.')
	if at < 0 || len(token) > 200 || !same(token[at+1:], f.sign(token[:at])) {
		return b, false
	}
	name, until, _ := strings.Cut(token[:at], ".")
	seconds, err := strconv.ParseInt(until, 10, 64)
	if err != nil || !now.Before(time.Unix(seconds, 0)) {
		return b, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.all, func(b followedBrowser) bool { return b.name == name })
	if i < 0 {
		return b, false
	}
	return f.all[i], true
}

// Follows answers a request that brings the token of a browser that is to be followed: the
// browser keeps it in a cookie and asks again without it. False for any other request,
// whose answer is the app's.
func (d *Dashboard) Follows(w http.ResponseWriter, r *http.Request) bool {
	if !d.followed.any.Load() || r.Method != http.MethodGet || !strings.Contains(r.URL.RawQuery, followParam+"=") {
		return false
	}
	params := r.URL.Query()
	token := params.Get(followParam)
	b, ok := d.followed.verify(token, time.Now())
	if !ok {
		return false
	}
	http.SetCookie(w, &http.Cookie{
		Name: followCookie, Value: token, Path: "/", Expires: b.until, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
	params.Del(followParam)
	// One slash at the beginning: with two it would be the address of another host.
	to := url.URL{Path: d.outside(r) + "/" + strings.TrimLeft(r.URL.Path, `/\`), RawQuery: params.Encode()}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Location", to.RequestURI())
	w.WriteHeader(http.StatusSeeOther)
	return true
}

// FollowedTag is the tag for the Record of a request that comes from a browser that is
// followed; "" for all others.
func (d *Dashboard) FollowedTag(r *http.Request) string {
	if !d.followed.any.Load() {
		return ""
	}
	c, err := r.Cookie(followCookie)
	if err != nil {
		return ""
	}
	b, ok := d.followed.verify(c.Value, time.Now())
	if !ok {
		return ""
	}
	return b.tag()
}

// follow follows a browser, or with "stop" lets it go.
func follow(d *Dashboard, r *http.Request) (target string, err error) {
	if r.PostForm.Get("do") == "stop" {
		name := r.PostForm.Get("browser")
		if !d.followed.stop(name) {
			return "", errors.New("this browser is not followed any more")
		}
		return followTag + name, nil
	}
	b, err := d.followed.add(d.who(r), time.Now())
	return b.tag(), err
}

// browserLogsPage shows the log lines of a browser that is followed, as they come.
func browserLogsPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	m, err := d.browserLogs(r)
	if err != nil {
		return nil, err
	}
	s := d.shell(r, "Logs of one browser", "logs")
	if m.Chosen != "" {
		d.live(r, &s, "events?"+url.Values{"format": {"logs"}, "q": {"tag:" + followTag + m.Chosen}}.Encode())
	}
	return view.BrowserLogsPage(s, m), nil
}

func (d *Dashboard) browserLogs(r *http.Request) (m view.BrowserLogs, err error) {
	if d.may(r, ActLogs) {
		m.Form = &view.Form{Path: d.base.Page("logs"), Proof: d.proof()}
	}
	here := d.here(r)
	m.Chosen = r.URL.Query().Get("browser")
	for _, b := range d.followed.now(time.Now()) {
		m.Chosen = cmp.Or(m.Chosen, b.name)
		one := view.FollowedBrowser{Name: b.name, By: b.by, Until: b.until, Href: here.With("browser", b.name), Current: b.name == m.Chosen}
		if m.Form != nil { // the address is for who may follow
			one.Link = d.outside(r) + "/?" + url.Values{followParam: {d.followed.token(b)}}.Encode()
			one.Address = origin(r) + one.Link
		}
		m.Browsers = append(m.Browsers, one)
	}
	if m.Chosen == "" {
		return m, nil
	}
	page, err := d.store.Records(r.Context(), query.Records{Tag: followTag + m.Chosen, Limit: listLimit, Budget: listBudget})
	if err != nil {
		return m, err
	}
	for i := range page.Records {
		m.Lines = append(m.Lines, d.linesOf(r.Context(), page.Records[i].ID)...)
		if len(m.Lines) >= maxBrowserLines {
			m.Lines = m.Lines[:maxBrowserLines]
			break
		}
	}
	return m, nil
}

// maxBrowserLines is how many lines the page has at first.
const maxBrowserLines = 200

// linesOf are the log lines of a Record, the last one first.
func (d *Dashboard) linesOf(ctx context.Context, id instrument.ID) (out []view.BrowserLine) {
	rec, err := d.store.Record(ctx, id)
	if err != nil {
		return nil // removed meanwhile
	}
	m := d.recordModel(rec)
	for i := len(m.Spans) - 1; i >= 0; i-- {
		if s := m.Spans[i]; s.Kind == view.KindLog {
			out = append(out, view.BrowserLine{
				ID: m.ID + "-" + strconv.Itoa(i), Record: m.ID, Name: strings.TrimSpace(m.Method + " " + m.Name), At: rec.StartTime().Add(s.Start), Line: s,
			})
		}
	}
	return out
}

// writeLogsEvent sends the log lines of one Record.
func (d *Dashboard) writeLogsEvent(ctx context.Context, w http.ResponseWriter, s view.Shell, sum *instrument.Summary, _ instrument.HandlerInfo, missed uint64) error {
	lines := d.linesOf(ctx, sum.ID)
	if len(lines) == 0 {
		return nil
	}
	var html bytes.Buffer
	if err := view.BrowserLogRows(s, lines).Render(ctx, &html); err != nil {
		return err
	}
	return writeRows(w, sum.ID, html.String(), missed)
}

type browserLogsJSON struct {
	Browsers []browserJSON     `json:"browsers"`
	Chosen   string            `json:"chosen,omitempty"`
	Lines    []browserLineJSON `json:"lines"` // of the one that is chosen, the newest first
}

type browserJSON struct {
	Name  string    `json:"name"`
	By    string    `json:"by"`
	Until time.Time `json:"until"`
}

type browserLineJSON struct {
	At     time.Time `json:"at"`
	Level  string    `json:"level"`
	Text   string    `json:"text"`
	Logger string    `json:"logger,omitempty"`
	Record string    `json:"record"`
	Name   string    `json:"name"` // of the Record
}

// apiBrowserLogs are the log lines of a browser that is followed.
func apiBrowserLogs(d *Dashboard, r *http.Request) (any, error) {
	m, err := d.browserLogs(r)
	if err != nil {
		return nil, err
	}
	out := browserLogsJSON{Browsers: []browserJSON{}, Chosen: m.Chosen, Lines: []browserLineJSON{}}
	for _, b := range m.Browsers {
		out.Browsers = append(out.Browsers, browserJSON{b.Name, b.By, b.Until.UTC()})
	}
	for _, l := range m.Lines {
		out.Lines = append(out.Lines, browserLineJSON{l.At.UTC(), l.Line.Level, cmp.Or(l.Line.Text, l.Line.Name), l.Line.Logger, l.Record, l.Name})
	}
	return out, nil
}
