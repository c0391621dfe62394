package browser_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// wholesale is another service that writes to the shop's file: three requests to a route of its own.
func wholesale(t *testing.T, file string) {
	t.Helper()
	tb, err := toolbar.New(toolbar.Config{Path: file, Service: "wholesale", NotDefault: true})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /offers/{id}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "by the crate") })
	server := httptest.NewServer(tb.Wrap(mux))
	t.Cleanup(func() {
		e2etest.CloseServer(server)
		if err := tb.Close(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	for range 3 {
		res, err := http.Get(server.URL + "/offers/7")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	if err := tb.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// handlerNames are the rows of the table of handlers.
func (p *tab) handlerNames() []string {
	p.t.Helper()
	return p.texts(`main table .kind a`)
}

func TestBrowser_OneServiceIsChosenAndStaysChosen(t *testing.T) {
	t.Parallel()
	a, _ := busy(t, 2)
	wholesale(t, a.File)
	p := openBrowser(t).tab()
	p.open(a.Page("handlers?kind=request"))
	everything := p.handlerNames()
	if !slices.Contains(everything, "GET /offers/{id}") || len(everything) < 4 {
		t.Fatalf("without a choice: %q", everything)
	}

	// By keyboard: open the chooser, walk to the service, take it.
	p.press(`((s) => (s.focus(), document.activeElement === s && { click() {} }))(document.querySelector('details.chooser > summary'))`)
	p.key("\r")
	p.until(`document.querySelector('details.chooser').open`)
	p.accessible("the open chooser")
	p.fits("the open chooser")
	p.shoot("chooser-open")
	for range 12 {
		if value[string](p, `document.activeElement.textContent.trim()`) == "wholesale" {
			break
		}
		p.key("\t")
	}
	p.key("\r")
	p.until(`new URLSearchParams(location.search).get('service') === 'wholesale' && document.readyState === 'complete'`)
	if names := p.handlerNames(); !slices.Equal(names, []string{"GET /offers/{id}"}) {
		t.Errorf("of the service: %q", names)
	}
	if calls := value[string](p, `document.querySelector('main tbody td.num').textContent.trim()`); calls != "3" {
		t.Errorf("its route has %s calls, want 3", calls)
	}
	if note := value[string](p, `document.querySelector('.chosen').textContent`); !strings.Contains(note, "Only wholesale.") {
		t.Errorf("the page says %q", note)
	}

	// Links keep it: the list, a Record, the navigation's figures, the search.
	p.leave(`nav[aria-label="Main"] a[href*="/requests"]`)
	p.until(`document.querySelectorAll('main tbody tr[data-id]').length === 3`)
	if count := value[string](p, `document.querySelector('nav[aria-label="Main"] a[href*="/requests"] .count').textContent`); count != "3" {
		t.Errorf("the navigation counts %s requests, want 3", count)
	}
	p.leave(`main tbody tr[data-id] a`)
	p.leave(`.crumbs a`)
	p.until(`location.search.includes('service=wholesale') && document.querySelectorAll('main tbody tr[data-id]').length === 3`)
	p.write(`.nav-search input`, "offers\r")
	p.until(`location.search.includes('service=wholesale') && location.search.includes('q=offers')`)

	// The back button leads through all that was chosen.
	for range 4 {
		p.press(`({ click() { history.back() } })`)
		p.until(`document.readyState === 'complete'`)
	}
	p.until(`location.pathname.endsWith('/handlers') && location.search.includes('service=wholesale')`)
	p.press(`({ click() { history.back() } })`)
	p.until(`location.pathname.endsWith('/handlers') && !location.search.includes('service=')`)
	if names := p.handlerNames(); !slices.Equal(names, everything) {
		t.Errorf("back at the beginning: %q, want %q", names, everything)
	}
	p.quiet()
}

func TestBrowser_TheChooserFitsOnAPhone(t *testing.T) {
	t.Parallel()
	a, _ := busy(t, 1)
	wholesale(t, a.File)
	p := openBrowser(t).tab()
	p.size(narrow)
	for _, theme := range []string{"light", "dark"} {
		p.prefer(theme)
		p.open(a.Page("?service=wholesale"))
		p.press(`document.querySelector('details.chooser > summary')`)
		p.until(`document.querySelector('details.chooser').open`)
		p.fits("the open chooser, " + theme)
		p.accessible("the open chooser on a phone, " + theme)
		p.shoot("chooser-phone-" + theme)
		const outside = `(() => { const r = document.querySelector('.chooser > .menu').getBoundingClientRect(); return r.left < 0 || r.right > innerWidth })()`
		if value[bool](p, outside) {
			t.Errorf("the chooser, %s, reaches out of the window", theme)
		}
	}
	p.press(`document.querySelector('details.chooser .menu a')`)
	p.until(`!location.search.includes('service=') && document.readyState === 'complete'`)
	p.quiet()
}

func TestBrowser_AServiceThatIsNotThereLeadsBackToAll(t *testing.T) {
	t.Parallel()
	a, _ := busy(t, 1)
	p := openBrowser(t).tab()
	p.open(a.Page("queries?service=gone&range=24h"))
	p.until(`document.body.innerText.includes('No process of a service "gone"')`)
	p.noise.take() // a 404 is one
	p.leave(`main a[href$="/queries?range=24h"]`)
	p.until(`document.querySelector('h1').textContent === 'Queries'`)
	p.quiet()
}
