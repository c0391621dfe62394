package browser_test

import (
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/manage"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/traffic"
)

// busy opens a shop in which something has happened: visitors, commands of which one failed, an order, whose Record's id is
// returned. Commands go to the process's own toolbar, which is this one.
func busy(t *testing.T, visits int) (a *e2etest.App, order string) {
	t.Helper()
	a = e2etest.Open(t, func(o *app.Options) { o.Toolbar = nil })
	sum := traffic.Play(t.Context(), a.URL, traffic.Options{Visits: visits, Pause: -1, Password: shop.DemoPassword})
	if sum.Failed > 0 {
		t.Fatal(sum.FirstFailure)
	}
	root := manage.New(a.Store, nil)
	for _, args := range [][]string{{"cleanup-old-records", "--days", "30"}, {"feedback-report"}, {"cleanup-old-records", "--batch-size", "0"}} {
		quiet := commands.IO{Out: io.Discard, Err: io.Discard}
		if err := root.Exec(t.Context(), quiet, args...); (err != nil) != (args[len(args)-1] == "0") {
			t.Fatalf("%q: %v", args, err)
		}
	}
	order = e2etest.NewVisitor(t, a.URL).Order()
	a.Flush()
	return a, order
}

// pages are all that the dashboard has: those in its navigation, the panels of a Record, and what else is reached from there.
func pages(p *tab, a *e2etest.App, order string) []string {
	p.t.Helper()
	v := e2etest.NewVisitor(p.t, a.URL)
	cart, file := v.Get("/cart"), v.Get("/static/shop.css") // a dump, and a file
	a.Flush()
	p.open(a.Page(""))
	all := value[[]string](p, `[...document.querySelectorAll('nav[aria-label=Main] a')].map((a) => a.getAttribute('href').replace('/_toolbar/', ''))`)
	if len(all) < 9 {
		p.t.Errorf("the navigation has %q only", all)
	}
	p.open(a.Page("logs")) // which has something to show then
	p.leave(`button[value="follow"]`)
	for _, panel := range []string{"", "/sql", "/signals", "/middleware", "/logs", "/exceptions", "/request", "/cache", "/calls", "/templates", "/alerts", "/tasks", "/time", "/versions", "/settings", "/sql?by=order", "/sql?by=order&run=9", "?show=failed", "?span=9"} {
		all = append(all, "requests/"+order+panel)
	}
	command := e2etest.Get[e2etest.Records](p.t, a.API("requests?kind=command")).Records[0]
	type jobs struct {
		Jobs struct{ Jobs []struct{ ID string } }
	}
	job := e2etest.Get[jobs](p.t, a.API("tasks")).Jobs.Jobs[0].ID
	failed := e2etest.Get[struct{ Exceptions []struct{ ID string } }](p.t, a.API("exceptions")).Exceptions
	return append(all,
		"exceptions/"+failed[0].ID, "exceptions?is=all&order=count", "exceptions?is=ignored", "exceptions?q=nothing", "exceptions/0",
		"tasks/"+job, "tasks?state=completed&q=order", "tasks?q=nothing", "tasks/0",
		"requests?kind=command", "requests/"+command.ID, "requests/"+command.ID+"/command", "tasks?kind=mail.send", "requests/"+cart+"/custom", "requests/"+file+"/files", "requests?q="+url.QueryEscape("is:failed"), "requests?sort=duration",
		"requests?q="+url.QueryEscape("dur:nonsense"), "requests?q=nothing-has-this-name", "signals?signal=order_status_changed",
		"routes", "routes?show=never", "routes?find=nothing-like-that", "handlers?kind=receiver", "handlers/one?kind=receiver&name=send-confirmation", "handlers/one?kind=request&name=POST+%2Forders",
		"handlers/one?kind=request&name=none", "compare?what=builds", "compare?what=window", "compare?a="+order, "?range=7d", "watch", "requests/zzz", "no-such-page",
		"?service=fernhill", "handlers?process=1", "exceptions?service=fernhill", "handlers?service=gone", "requests?col=time&col=size&col=cost&sort=size")
}

// TestBrowser_EveryPage looks at the pages of a shop that was busy enough to fill its lists.
func TestBrowser_EveryPage(t *testing.T) {
	a, order := busy(t, 40)
	paths := pages(openBrowser(t).tab(), a, order)
	t.Run("FitsItsWindowAndIsAccessible", func(t *testing.T) {
		e2etest.Share(t, paths, func(t *testing.T, each iter.Seq[string]) {
			p := openBrowser(t).tab()
			for path := range each {
				p.fitsAndIsAccessible(a, path, order)
			}
		})
	})
	t.Run("IsLight", func(t *testing.T) { everyPageIsLight(t, a, paths) })
}

func (p *tab) fitsAndIsAccessible(a *e2etest.App, path, order string) {
	p.t.Helper()
	for _, width := range []int64{wide, narrow} {
		p.size(width)
		p.prefer("light")
		p.open(a.Page(path))
		for _, theme := range []string{"light", "dark"} {
			p.prefer(theme)
			p.fits(fmt.Sprintf("%s at %d px, %s", path, width, theme))
			p.shoot(fmt.Sprintf("page-%s-%d-%s", fileName(path, order), width, theme))
		}
		if path == "requests/zzz" || path == "no-such-page" || path == "tasks/0" || path == "exceptions/0" || strings.HasSuffix(path, "name=none") || strings.HasSuffix(path, "=gone") {
			p.noise.take() // a 404 is one
		}
		p.quiet()
		if width == wide {
			p.accessibleInAll(path)
			p.noise.take() // of axe-core's own styles, which a page may refuse
		}
	}
}

// fits checks that the page does not scroll sideways. What is too wide has to scroll by itself.
func (p *tab) fits(where string) {
	p.t.Helper()
	const over = `(() => {
		const d = document.documentElement;
		if (d.scrollWidth <= d.clientWidth) return [];
		const wide = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > d.clientWidth + 1);
		return [d.scrollWidth + ' px', ...wide.slice(0, 6).map((e) => e.tagName.toLowerCase() + '.' + e.getAttribute('class'))];
	})()`
	if found := value[[]string](p, over); len(found) > 0 {
		p.t.Errorf("%s scrolls sideways: %s", where, strings.Join(found, ", "))
	}
}

func fileName(path, order string) string {
	name := strings.NewReplacer("requests/"+order, "record", "/", "-", "?", "-", "=", "-", "%3A", "-").Replace(path)
	if name == "" {
		return "overview"
	}
	return name
}

func TestBrowser_TheWaterfallZoomsAndFiltersByAddress(t *testing.T) {
	a, order := busy(t, 2)
	p := openBrowser(t).tab()
	p.open(a.Page("requests/" + order))
	const rows = `document.querySelectorAll('table.wf tbody tr').length`
	all := value[int](p, rows)
	axis := `document.querySelector('table.wf th.time text').textContent`
	whole := value[string](p, axis)
	p.leave(`a[data-key="+"]`)
	p.leave(`a[data-key="+"]`)
	if zoomed := value[string](p, axis); zoomed == whole || zoomed == "" {
		t.Errorf("zoomed in, the axis begins with %q as before", zoomed)
	}
	p.shoot("record-zoomed")
	p.leave(`a[data-key="0"]`)
	if back := value[string](p, axis); back != whole {
		t.Errorf("the axis begins with %q, want %q", back, whole)
	}
	p.leave(`.kinds a[title^="Show SQL"]`)
	if n := value[int](p, rows); n == 0 || n >= all {
		t.Errorf("with queries alone there are %d of %d rows", n, all)
	}
	if kinds := value[[]string](p, `[...new Set([...document.querySelectorAll('table.wf .name svg[role=img]')].map((s) => s.getAttribute('aria-label')))]`); len(kinds) != 1 || kinds[0] != "query" {
		t.Errorf("the rows are of kinds %q", kinds)
	}
	p.shoot("record-kinds")
	p.quiet()
}
