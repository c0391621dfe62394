package browser_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

func TestBrowser_AFilterIsCompletedSavedAndShared(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	for _, path := range []string{"/", "/shelves/mugs", "/products/FH-999", "/search?q=moss"} {
		v.Get(path)
	}
	a.Flush()
	p := openBrowser(t).tab()
	p.open(a.Page("requests"))
	p.until(`document.querySelector('.filter input[data-complete]').focus() === undefined`)
	p.key("st")
	// Those of all that was typed: an answer that comes later takes the choice back.
	p.until(`((all) => all.length > 0 && all.every((li) => li.textContent.startsWith('st')))([...document.querySelectorAll('.completions li')])`)
	for value[string](p, `(document.querySelector('.completions li[aria-selected=true]') || {textContent: ''}).textContent.slice(0, 6)`) != "status" {
		p.key(kb.ArrowDown)
	}
	p.key(kb.Tab)
	p.until(`document.querySelector('.filter input[data-complete]').value.startsWith('status')`)
	p.shoot("filter-completion")
	p.key("404")
	p.key(kb.Escape)
	p.key(kb.Enter)
	p.until(`document.readyState === 'complete' && document.querySelectorAll('tr[data-id]').length === 1 && document.querySelector('.token')`)
	p.write(`.chips input[name="name"]`, "not found")
	p.leave(`.chips form.inline button`)
	p.until(`[...document.querySelectorAll('.chips a')].some((a) => a.textContent.trim() === 'not found' && a.getAttribute('aria-current'))`)
	shared := value[string](p, `location.href`)

	// Whoever gets the address sees the same list; the back button leads back.
	q := openBrowser(t).tab()
	q.open(shared)
	q.until(`document.querySelectorAll('tr[data-id]').length === 1`)
	q.leave(`tr[data-id] a`)
	value[bool](q, `(setTimeout(() => history.back()), true)`)
	q.until(`document.querySelectorAll('tr[data-id]').length === 1`)

	// What cannot be read says where, and what was fine stays.
	q.open(a.Page("requests?q=" + url.QueryEscape("status:404") + "&q=" + url.QueryEscape("dur>fast")))
	if text := value[string](q, `document.querySelector('main').textContent`); !strings.Contains(text, "^") || !strings.Contains(text, "dur") {
		t.Errorf("the mistake is not pointed at: %s", text)
	}
	p.quiet()
	q.quiet()
}

func TestBrowser_RowsArePinnedTaggedComparedAndDeleted(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	ids := []string{v.Get("/"), v.Get("/"), v.Get("/shelves/mugs")}
	a.Flush()
	p := openBrowser(t).tab()
	list := func() { p.open(a.Page("requests?live=off&col=tags")) }
	tick := func(id string) { p.press(`document.querySelector('tr[data-id="` + id + `"] input[name=id]')`) }
	list()
	tick(ids[0])
	p.leave(`button[value="pin"]`)
	p.until(`document.querySelector('tr[data-id="` + ids[0] + `"]').textContent.includes('pinned')`)
	list()
	tick(ids[1])
	p.write(`.markbar input[name="tag"]`, "beta")
	p.leave(`button[value="tag"]`)
	p.until(`document.querySelector('tr[data-id="` + ids[1] + `"]').textContent.includes('beta')`)
	list()
	tick(ids[0])
	tick(ids[1])
	p.leave(`button[value="compare"]`)
	p.until(`location.pathname.endsWith('/compare') && document.querySelectorAll('main table').length === 2`)
	p.shoot("compare")

	// Deleting asks first; keeping it changes nothing.
	list()
	tick(ids[2])
	p.leave(`button[value="delete"]`)
	p.until(`document.querySelector('h1').textContent === 'Delete Records'`)
	p.leave(`main a.btn`)
	p.until(`document.querySelectorAll('tr[data-id]').length === 3`)
	tick(ids[2])
	p.leave(`button[value="delete"]`)
	p.leave(`button.danger`)
	p.until(`document.querySelectorAll('tr[data-id]').length === 2 && !document.querySelector('tr[data-id="` + ids[2] + `"]')`)

	// A page of a Record has the same actions, and the median of its route.
	p.open(a.Page("requests/" + ids[0]))
	p.leave(`.rec-actions button[value="unpin"]`)
	p.until(`document.querySelector('.rec-actions button[value="pin"]')`)
	p.leave(`.rec-actions a.btn`)
	p.until(`document.querySelector('main').textContent.includes('median of 1 record')`)
	p.open(a.Page("health"))
	text := value[string](p, `document.querySelector('main').textContent`)
	for _, did := range []string{"pin", "unpin", "tag", "delete", ids[2]} {
		if !strings.Contains(text, did) {
			t.Errorf("the audit log does not say %q", did)
		}
	}
	p.shoot("audit")
	p.quiet()
}

func TestT04_ActionsAreRefusedWithoutProofRightOrOrigin(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	id := e2etest.NewVisitor(t, a.URL).Get("/")
	a.Flush()
	_, page := e2etest.Fetch(t, a.Page("requests"))
	_, rest, _ := strings.Cut(page, `name="proof" value="`)
	proof, _, _ := strings.Cut(rest, `"`)
	post := func(url, proof string, header ...string) int {
		t.Helper()
		form := strings.NewReader("do=delete&sure=yes&id=" + id + "&proof=" + proof)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/_toolbar/marks", form)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	for name, c := range map[string]struct {
		proof  string
		header []string
		want   int
	}{
		"no proof":          {"", []string{"Sec-Fetch-Site", "same-origin"}, http.StatusForbidden},
		"a made-up proof":   {"AAAA.BBBB", []string{"Sec-Fetch-Site", "same-origin"}, http.StatusForbidden},
		"another site":      {proof, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden}, // the shop's own answer
		"no origin at all":  {proof, nil, http.StatusForbidden},
		"a foreign origin":  {proof, []string{"Origin", "http://evil.test"}, http.StatusForbidden},
		"an opaque origin":  {proof, []string{"Origin", "null"}, http.StatusForbidden},
		"the page's origin": {proof, []string{"Origin", a.URL}, http.StatusSeeOther},
	} {
		if name != "the page's origin" {
			if got := post(a.URL, c.proof, c.header...); got != c.want {
				t.Errorf("%s: status %d, want %d", name, got, c.want)
			}
		}
	}
	if status, _ := e2etest.Fetch(t, a.Page("requests/"+id)); status != http.StatusOK {
		t.Fatalf("the Record is gone: status %d", status)
	}
	if got := post(a.URL, proof, "Origin", a.URL); got != http.StatusSeeOther {
		t.Errorf("a form of the dashboard: status %d", got)
	}
	if status, _ := e2etest.Fetch(t, a.Page("requests/"+id)); status != http.StatusNotFound {
		t.Errorf("the Record is still there: status %d", status)
	}
}

func TestActions_AreNotThereForWhoMayOnlyLook(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t, func(o *app.Options) {
		o.Toolbar = func(c *toolbar.Config) { c.NotDefault, c.ReadOnly = true, true }
	})
	id := e2etest.NewVisitor(t, a.URL).Get("/")
	a.Flush()
	for _, path := range []string{"requests", "requests/" + id} {
		_, page := e2etest.Fetch(t, a.Page(path))
		for _, do := range []string{"pin", "tag", "delete"} {
			if strings.Contains(page, `value="`+do+`"`) {
				t.Errorf("%s offers %s", path, do)
			}
		}
	}
}

// The plan that a key asks for comes from the database that ran the statement last, in the whole process: no other shop is open.
func TestBrowser_TheDashboardWorksByKeysAlone(t *testing.T) {
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	for range 3 {
		v.Get("/")
	}
	a.Flush()
	p := openBrowser(t).tab()
	p.open(a.Page("requests?live=off"))
	p.key("j")
	p.until(`document.querySelectorAll('tbody tr')[0].getAttribute('aria-selected') === 'true'`)
	p.key("x")
	p.key("j")
	p.key("x")
	p.until(`document.querySelectorAll('input[name=id]:checked').length === 2`)
	p.key("c")
	p.until(`location.pathname.endsWith('/compare')`)
	value[bool](p, `(setTimeout(() => history.back()), true)`)
	p.until(`location.pathname.endsWith('/requests') && document.readyState === 'complete'`)
	p.key("j")
	p.key(kb.Enter)
	p.until(`document.querySelector('table.wf') && document.readyState === 'complete'`)
	at := value[string](p, `location.pathname`)
	p.key("[")
	p.until(`location.pathname !== '` + at + `' && document.readyState === 'complete'`)
	p.key("]")
	p.until(`location.pathname === '` + at + `' && document.readyState === 'complete'`)
	p.key("+")
	p.until(`location.search.includes('from=')`)
	p.until(`document.readyState === 'complete'`)
	p.key("0")
	p.until(`!location.search.includes('from=')`)
	p.until(`document.readyState === 'complete'`)
	p.key("?")
	p.until(`document.querySelector('dialog.keys[open]')`)
	p.key(kb.Escape)
	p.until(`!document.querySelector('dialog.keys[open]')`)
	p.open(a.URL + at + "/sql")
	p.press(`document.querySelector('a[title^="SELECT"]')`) // the slowest may be one that writes, of which no plan is asked
	p.until(`location.search.includes('statement=') && document.readyState === 'complete'`)
	p.key("e")
	p.until(`document.readyState === 'complete' && document.querySelector('#plan')`)
	p.open(a.Page("requests"))
	p.key("p")
	p.until(`document.querySelector('[data-live-toggle]').getAttribute('aria-pressed') === 'false'`)
	p.press(`document.querySelector('details.pop summary')`)
	p.until(`document.querySelector('details.pop[open]')`)
	p.key(kb.Escape)
	p.until(`!document.querySelector('details.pop[open]')`)
	// Everything else by Tab: from the first page on, each step can be seen.
	p.open(a.Page(""))
	for range 12 {
		p.key(kb.Tab)
		if !value[bool](p, `document.activeElement !== document.body && document.activeElement.matches(':focus-visible')`) {
			t.Error("the focus cannot be seen")
		}
	}
	p.quiet()
}

func TestActions_AreGrantedOneByOne(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t, func(o *app.Options) {
		o.Toolbar = func(c *toolbar.Config) {
			c.NotDefault = true
			c.May = func(_ *http.Request, a web.Action) bool { return a == web.ActPin }
			c.Who = func(*http.Request) string { return "mara" }
		}
	})
	id := e2etest.NewVisitor(t, a.URL).Get("/")
	a.Flush()
	_, page := e2etest.Fetch(t, a.Page("requests/"+id))
	if !strings.Contains(page, `value="pin"`) || strings.Contains(page, `value="delete"`) {
		t.Error("the page offers what is not granted, or does not offer what is")
	}
	_, rest, _ := strings.Cut(page, `name="proof" value="`)
	proof, _, _ := strings.Cut(rest, `"`)
	for do, want := range map[string]int{"pin": http.StatusSeeOther, "delete": http.StatusForbidden, "tag": http.StatusForbidden} {
		form := url.Values{"do": {do}, "sure": {"yes"}, "tag": {"beta"}, "id": {id}, "proof": {proof}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.Page("marks"), strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", a.URL)
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: status %d, want %d", do, res.StatusCode, want)
		}
	}
	_, health := e2etest.Fetch(t, a.Page("health"))
	for _, says := range []string{"mara", "refused: no right to it"} {
		if !strings.Contains(health, says) {
			t.Errorf("the audit log does not say %q", says)
		}
	}
}
