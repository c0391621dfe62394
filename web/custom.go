package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// Page is a page of the app's own in the dashboard, at PREFIX/pages/NAME: behind the same
// gate as all pages, within their frame, with an entry in the navigation. Package
// toolbar/widget has parts that it may be made of. Its markup may use the classes of the
// dashboard's stylesheet that docs/custom.md names; the policy of the dashboard allows
// neither inline styles nor inline scripts, nor anything from elsewhere.
type Page struct {
	// Name is its place in the address and the API: lower-case letters, digits and "-".
	// It must not be that of another page, nor of one of the dashboard's.
	Name string
	// Title is its name in the navigation and its head.
	Title string
	// Icon is one of view.Icons, in the navigation. "": "custom".
	Icon string
	// Draw makes the page. Its context ends after nine seconds, and when the viewer leaves;
	// an error and a panic are shown on the page, masked, and nowhere else. It is called for
	// several viewers at once.
	Draw func(context.Context, *http.Request) (templ.Component, error)
	// JSON gives what who asks for application/json is given, also at api/v1/pages/NAME:
	// anything that encoding/json writes. Nil: that is answered with 406.
	JSON func(context.Context, *http.Request) (any, error)
	// Live asks for the page again every five seconds, unless the viewer has paused it.
	Live bool
	// Ranges offers the time ranges of the dashboard's pages; TimeRange tells which is chosen.
	Ranges bool
}

// Card is a card of the app's own on the overview.
type Card struct {
	Name  string // as Page.Name has it, among cards
	Title string
	Page  string // the name of the Page that the title leads to; "" none
	Wide  bool   // over the whole width
	// Draw makes what is in it, as Page.Draw. Its context ends after a second, because the
	// overview waits for it, and is made every five seconds for each viewer. What goes on
	// beyond that is left to itself, and the card says so.
	Draw func(context.Context, *http.Request) (templ.Component, error)
}

// What bounds pages and cards of the app's own.
const (
	maxOwnPages  = 50
	maxOwnCards  = 24
	maxOwnName   = 40
	ownPageBytes = 4 << 20
	ownCardBytes = 256 << 10
	ownCardTime  = time.Second
	ownWait      = 3 * time.Second        // for a place among those under way
	ownGrace     = 200 * time.Millisecond // to end by oneself when the context has ended
	ownLogEvery  = time.Minute            // the same failure

	// How many calls of one function are under way at once, with those that do not end when
	// they should. A page has fewer: each takes one of the places of all pages (maxHeavy).
	ownPageRuns = maxHeavy / 2
	ownCardRuns = 4
	ownFailures = 4 // that are told apart in the log
)

// TimeRange is the window of time that a page's or the overview's address asks for.
func TimeRange(r *http.Request) (since, until time.Time) {
	w := windowOf(r.URL.Query(), time.Now())
	return w.since, w.until
}

// own are the pages and cards of the app's own.
type own struct {
	pages map[string]*ownPage
	nav   []view.NavPage
	cards []*ownCard
}

type ownPage struct {
	Page
	runs ownRuns
}

type ownCard struct {
	Card
	runs ownRuns
}

// newOwn says which page or card cannot be used.
func newOwn(c *Config) (own, error) {
	o := own{pages: map[string]*ownPage{}}
	if len(c.Pages) > maxOwnPages || len(c.Cards) > maxOwnCards {
		return o, fmt.Errorf("web: Config has %d Pages and %d Cards: %d and %d are the most", len(c.Pages), len(c.Cards), maxOwnPages, maxOwnCards)
	}
	for _, p := range c.Pages {
		at := fmt.Sprintf("web: Config.Pages has %q", p.Name)
		p.Icon = cmp.Or(p.Icon, "custom")
		switch err := checkOwn(at, p.Name, p.Title, p.Draw == nil); {
		case err != nil:
			return o, err
		case o.pages[p.Name] != nil:
			return o, fmt.Errorf("%s twice: each needs a name of its own", at)
		case slices.Contains(view.PageNames(), p.Name):
			return o, fmt.Errorf("%s: the dashboard has a page of that name, so choose another", at)
		case !slices.Contains(view.Icons(), p.Icon):
			return o, fmt.Errorf("%s with the Icon %q: the icons are %s", at, p.Icon, strings.Join(view.Icons(), ", "))
		}
		o.pages[p.Name] = &ownPage{Page: p, runs: newOwnRuns(ownPageRuns)}
		o.nav = append(o.nav, view.NavPage{Name: p.Name, Title: p.Title, Icon: p.Icon})
	}
	names := map[string]bool{}
	for _, k := range c.Cards {
		at := fmt.Sprintf("web: Config.Cards has %q", k.Name)
		switch err := checkOwn(at, k.Name, k.Title, k.Draw == nil); {
		case err != nil:
			return o, err
		case names[k.Name]:
			return o, fmt.Errorf("%s twice: each needs a name of its own", at)
		case k.Page != "" && o.pages[k.Page] == nil:
			return o, fmt.Errorf("%s with the Page %q, which Config.Pages does not have", at, k.Page)
		}
		names[k.Name] = true
		o.cards = append(o.cards, &ownCard{Card: k, runs: newOwnRuns(ownCardRuns)})
	}
	return o, nil
}

func checkOwn(at, name, title string, undrawn bool) error {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	switch {
	case name == "" || len(name) > maxOwnName || strings.ContainsFunc(name, odd):
		return fmt.Errorf("%s: a name is lower-case letters, digits and \"-\", %d at most", at, maxOwnName)
	case title == "":
		return fmt.Errorf("%s without a Title", at)
	case undrawn:
		return fmt.Errorf("%s without a Draw", at)
	}
	return nil
}

// customPage is a page of the app's own. One that fails is a page that says so.
func customPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	p := d.own.pages[r.PathValue("page")]
	if p == nil {
		return noPage(d, r)
	}
	s := d.shell(r, p.Title, "pages/"+p.Name)
	if p.Ranges {
		s.Ranges = windowOf(r.URL.Query(), s.Now).choices()
	}
	if p.Live {
		d.live(r, &s, "")
	}
	d.plots(&s)
	body, err := ownDo(r, &p.runs, pageTime-time.Second, func(ctx context.Context, r *http.Request) (view.Drawn, error) {
		return drawOwn(ctx, r, p.Draw, ownPageBytes)
	})
	if err != nil {
		return view.CustomPageOf(s, view.CustomPage{Failed: d.ownFailed(&p.runs, "page", p.Name, err)}), ownError{err}
	}
	return view.CustomPageOf(s, view.CustomPage{Body: body}), nil
}

// ownError is an error of the app's own: it was logged, and a page that has it is drawn all
// the same.
type ownError struct{ error }

// customCards draws the app's cards, all at once. It gives a function that waits for them.
func (d *Dashboard) customCards(r *http.Request) (wait func() []view.CustomCard) {
	list := make([]view.CustomCard, len(d.own.cards))
	var all sync.WaitGroup
	for i, k := range d.own.cards {
		list[i] = view.CustomCard{Name: k.Name, Title: k.Title, Wide: k.Wide}
		if k.Page != "" {
			list[i].Href = d.base.Custom(k.Page)
		}
		all.Go(func() {
			body, err := ownDo(r, &k.runs, ownCardTime, func(ctx context.Context, r *http.Request) (view.Drawn, error) {
				return drawOwn(ctx, r, k.Draw, ownCardBytes)
			})
			if err != nil {
				list[i].Failed = d.ownFailed(&k.runs, "card", k.Name, err)
				return
			}
			list[i].Body = body
		})
	}
	return func() []view.CustomCard {
		all.Wait()
		return list
	}
}

// apiCustomPage is the JSON of a page of the app's own.
func apiCustomPage(d *Dashboard, r *http.Request) (any, error) {
	p := d.own.pages[r.PathValue("page")]
	if p == nil {
		_, err := noPage(d, r)
		return nil, err
	}
	if p.JSON == nil {
		return nil, notAcceptable{fmt.Errorf("the page %q has no JSON: ask for text/html, or give it a JSON function (web.Page.JSON)", p.Name)}
	}
	v, err := ownDo(r, &p.runs, pageTime-time.Second, p.JSON)
	if err != nil {
		return nil, ownError{errors.New(d.ownFailed(&p.runs, "JSON of the page", p.Name, err))}
	}
	if v == nil {
		v = struct{}{} // nil would say that there is nothing yet
	}
	return v, nil
}

// notAcceptable is an answer in a form that was not asked for.
type notAcceptable struct{ error }

type customListJSON struct {
	Pages []customPageJSON `json:"pages"`
}

type customPageJSON struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Page  string `json:"page"` // its path
	JSON  bool   `json:"json"` // it is to be had as JSON
}

// apiCustomPages lists the app's own pages.
func apiCustomPages(d *Dashboard, _ *http.Request) (any, error) {
	out := customListJSON{Pages: []customPageJSON{}}
	for _, p := range d.own.nav {
		out.Pages = append(out.Pages, customPageJSON{p.Name, p.Title, d.base.Custom(p.Name), d.own.pages[p.Name].JSON != nil})
	}
	return out, nil
}

// drawOwn makes and draws something of the app's own.
func drawOwn(ctx context.Context, r *http.Request, draw func(context.Context, *http.Request) (templ.Component, error), most int) (view.Drawn, error) {
	c, err := draw(ctx, r)
	if err != nil {
		return view.Drawn{}, err
	}
	if c == nil {
		return view.Drawn{}, errors.New("it gave nothing to draw")
	}
	return view.Draw(ctx, c, most)
}

// ownRuns are the calls of one function of the app's that have not ended.
type ownRuns struct {
	places chan struct{}
	mu     *sync.Mutex // guards what follows
	said   map[string]time.Time
}

func newOwnRuns(most int) ownRuns {
	return ownRuns{make(chan struct{}, most), new(sync.Mutex), map[string]time.Time{}}
}

var (
	errOwnBusy = errors.New("those who asked before still wait for it")
	errOwnLate = errors.New("it took too long, and does not end when its context does")
	errOwnExit = errors.New("it ended its goroutine")
)

// panicError is a panic of the app's with its stack, which only the log has.
type panicError struct {
	value any
	stack []byte
}

func (e panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// ownDo calls a function of the app's and waits for it no longer than limit. What it does
// beyond that, a panic, and the end of its goroutine, are errors here.
func ownDo[T any](r *http.Request, runs *ownRuns, limit time.Duration, do func(context.Context, *http.Request) (T, error)) (v T, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	type outcome struct {
		v   T
		err error
	}
	ended := make(chan outcome, 1)
	select {
	case runs.places <- struct{}{}:
	case <-time.After(min(limit, ownWait)):
		cancel()
		return v, errOwnBusy
	case <-ctx.Done():
		cancel()
		return v, errOwnBusy
	}
	own := r.Clone(ctx) // it may be read after this request has ended
	go func() {
		out := outcome{err: errOwnExit}
		defer func() {
			if v := recover(); v != nil {
				out.err = panicError{v, debug.Stack()}
			}
			<-runs.places
			ended <- out
			cancel()
		}()
		out.v, out.err = do(ctx, own)
	}()
	select {
	case out := <-ended:
		return out.v, out.err
	case <-ctx.Done():
	}
	// One that listens to its context is given the time to say so.
	select {
	case out := <-ended:
		return out.v, out.err
	case <-time.After(ownGrace):
		return v, errOwnLate
	}
}

// ownFailed logs why something of the app's own failed, now and then, and gives it as a
// viewer sees it.
func (d *Dashboard) ownFailed(runs *ownRuns, what, name string, err error) string {
	text := fmt.Sprint(err)
	if errors.Is(err, context.DeadlineExceeded) {
		text = "it took too long: " + text
	}
	runs.mu.Lock()
	now := time.Now()
	again := now.Sub(runs.said[text]) < ownLogEvery
	if !again {
		if len(runs.said) >= ownFailures {
			clear(runs.said)
		}
		runs.said[text] = now
	}
	runs.mu.Unlock()
	if !again {
		args := []any{"what", what, "name", name, "error", text}
		if p, ok := errors.AsType[panicError](err); ok {
			args = append(args, "stack", string(p.stack))
		}
		d.config.Logger.Error("debug toolbar: a page or card of the app's own failed", args...)
	}
	if d.config.Mask != nil {
		text = d.config.Mask(text)
	}
	return text
}
