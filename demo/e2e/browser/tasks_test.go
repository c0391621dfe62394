package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// kiln is a task of which the first attempt ends badly; it queues another when it succeeds.
var (
	kiln = tasks.New("kiln.fire", func(ctx context.Context, pots int) error {
		if tasks.Current(ctx).Attempt == 1 {
			panic(fmt.Sprintf("%d pots have cracked", pots))
		}
		_, err := glaze.Enqueue(ctx, pots)
		return err
	}, tasks.Options{Retry: tasks.Retry{Max: -1}})
	glaze = tasks.New("kiln.glaze", func(context.Context, int) error { return nil })
)

const shown = `document.querySelector('main').textContent`

func TestA70_TK47_AJobIsFollowedRetriedAndCancelledInTheBrowser(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	order := e2etest.NewVisitor(t, a.URL).Order()
	ctx := tasks.WithClient(t.Context(), a.Tasks)
	torn, err := kiln.Enqueue(ctx, 7)
	if err != nil {
		t.Fatal(err)
	}
	later, err := glaze.With(tasks.Options{In: time.Hour, Queue: "bulk"}).Enqueue(ctx, 3)
	if err != nil {
		t.Fatal(err)
	}
	a.Flush()
	p := openBrowser(t).tab()

	// From the request to what it caused, and back.
	p.open(a.Page("requests/" + order))
	p.leave(`section[aria-labelledby="qj"] a[href*="/tasks/"]`)
	p.until(shown + `.includes('Its way') && ` + shown + `.includes('Attempt 1')`)
	p.leave(`.causal a[href$="` + order + `"]`)
	p.until(`location.pathname.endsWith('/requests/` + order + `')`)

	// A job that was given up: error, stack, and another attempt, which the page follows.
	p.open(a.Page("tasks?state=discarded"))
	p.leave(`a[href$="/tasks/` + fmt.Sprint(torn.ID()) + `"]`)
	p.until(shown + `.includes('7 pots have cracked') && ` + shown + `.includes('panicked')`)
	p.press(`document.querySelector('main details summary')`)
	p.until(`document.querySelector('main details[open] pre').innerText.includes('tasks_test.go')`)
	p.shoot("job-failed")
	p.leave(`button[name="do"][value="retry"]`)
	a.Flush()
	p.open(a.Page("tasks/" + fmt.Sprint(torn.ID())))
	p.until(shown + `.includes('Attempt 2') && document.querySelector('main h1, h1').textContent.includes('kiln.fire')`)
	if text := value[string](p, `document.querySelector('.causal').textContent`); !strings.Contains(text, "kiln.glaze") {
		t.Errorf("the job that it queued is not among its consequences: %s", text)
	}
	steps := value[[]string](p, `[...document.querySelectorAll('section[aria-labelledby="tl"] li')].map((li) => li.children[1].textContent.trim())`)
	if got := strings.Join(steps, " "); got != "available running retryable running completed" {
		t.Errorf("its way is %q", got)
	}
	p.shoot("job-retried")

	// One that waits is called off.
	p.open(a.Page("tasks/" + fmt.Sprint(later.ID())))
	p.leave(`button[name="do"][value="cancel"]`)
	p.until(shown + `.includes('cancelled')`)
	if err := later.Refresh(t.Context()); err != nil || later.Row.State != "cancelled" {
		t.Errorf("the job is %s: %v", later.Row.State, err)
	}
	for _, theme := range []string{"light", "dark"} {
		p.prefer(theme)
		p.size(narrow)
		for _, path := range []string{"tasks", "tasks/" + fmt.Sprint(torn.ID())} {
			p.open(a.Page(path))
			p.until(`document.readyState === 'complete'`)
			p.fits(path)
			p.shoot("phone-" + theme + "-" + strings.ReplaceAll(path, "/", "-"))
		}
		p.size(wide)
	}
	p.quiet()
}

func TestA70_TK48_QueuesArePausedSearchedAndDrawnInTheBrowser(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	aHalfHour(t, a)
	e2etest.NewVisitor(t, a.URL).Order()
	a.Flush()
	p := openBrowser(t).tab()
	p.open(a.Page("tasks"))
	p.until(`document.querySelectorAll('section[aria-labelledby="qu"] tbody tr').length === 3`)
	p.leave(`button[aria-label="Pause the queue bulk"]`)
	p.until(`document.querySelector('section[aria-labelledby="qu"]').textContent.includes('paused')`)
	p.shoot("tasks-paused")
	p.leave(`button[aria-label="Resume the queue bulk"]`)
	p.until(`document.querySelector('button[aria-label="Pause the queue bulk"]')`)
	if n := value[int](p, `document.querySelectorAll('section[aria-labelledby="qu"] svg.spark').length`); n < 2 {
		t.Errorf("%d lines are drawn of the queues' throughput and depth", n)
	}
	queuesAreDrawn(t, p)

	p.write(`section[aria-labelledby="jo"] input[name="q"]`, "invoice.make")
	p.key(kb.Enter)
	p.until(`location.search.includes('q=invoice.make') && document.querySelectorAll('section[aria-labelledby="jo"] tbody tr').length === 1`)
	p.leave(`nav[aria-label="State of jobs"] a[href*="state=discarded"]`)
	p.until(shown + `.includes('No job is like this')`)
	p.leave(`a[aria-label="Without state discarded"]`)
	p.until(`document.querySelectorAll('section[aria-labelledby="jo"] tbody tr').length === 1`)

	p.open(a.Page("health"))
	p.until(shown + `.includes('queue bulk')`)
	p.quiet()
}

// aHalfHour leaves what a shop's process would that has measured its queues for the last half hour.
func aHalfHour(t *testing.T, a *e2etest.App) {
	t.Helper()
	for minute := range 30 {
		at := time.Now().Add(time.Duration(minute-30)*time.Minute).UnixMilli() / 10_000 * 10_000
		for i, queue := range []string{"bulk", "default", "mail"} {
			_, err := a.Store.DB().ExecContext(t.Context(), "INSERT INTO toolbar_queue_sample (at, queue, depth, latency, done, failed) VALUES (?, ?, ?, ?, ?, ?)",
				at, queue, minute*(2-i), minute*(2-i)*200, 20*i+minute%5, 0)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// queuesAreDrawn looks at latency, depth and throughput over time: drawn in both themes and sizes, and their figures
// in a table, which is all there is without scripts.
func queuesAreDrawn(t *testing.T, p *tab) {
	t.Helper()
	const card = `document.querySelector('section[aria-labelledby="qt"]')`
	if got := value[[]string](p, `[...`+card+`.querySelectorAll('h3')].map((h) => h.textContent.trim())`); strings.Join(got, " ") != "Latency Depth Throughput" {
		t.Errorf("the charts are %q", got)
	}
	for _, theme := range []string{"light", "dark"} {
		p.prefer(theme)
		for _, width := range []int64{wide, narrow} {
			p.size(width)
			p.until(card + `.querySelectorAll('.plot canvas').length === 3`)
			// Each queue has a line in a colour of its own, and each chart is as wide as its place. The lines of queues in
			// which nothing happened lie on each other: the last is on top.
			p.until(`[...` + card + `.querySelectorAll('.plot')].every((box) => {
				const canvas = box.querySelector('canvas'), ink = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
				const markers = [...box.querySelectorAll('.u-legend .u-marker')].map((m) => getComputedStyle(m).borderColor);
				const wants = (markers[3] || '0').match(/\d+/g).map(Number);
				let drawn = 0;
				for (let i = 0; i < ink.length; i += 4) if (ink[i + 3] > 200 && wants.every((w, c) => Math.abs(ink[i + c] - w) < 24)) drawn++;
				return markers.length === 4 && new Set(markers.slice(1)).size === 3 && box.scrollWidth <= box.clientWidth && drawn > 30;
			})`)
			p.fits("tasks")
			p.shoot(fmt.Sprintf("tasks-charts-%s-%d", theme, width))
		}
	}
	p.size(wide)
	p.prefer("light")
	row := value[[]string](p, `[...`+card+`.querySelectorAll('tbody tr')].map((tr) => [...tr.cells].map((c) => c.textContent.trim())).find((r) => r[1] === 'default')`)
	if len(row) != 6 || row[2] == "" || row[4] == "0" {
		t.Errorf("the order's job is %q in the table", row)
	}
}

func TestA70_TK47_AReadOnlyDashboardHasNoButtonsForTasks(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t, func(o *app.Options) {
		before := o.Toolbar
		o.Toolbar = func(c *toolbar.Config) { before(c); c.ReadOnly = true }
	})
	e2etest.NewVisitor(t, a.URL).Order()
	a.Flush()
	p := openBrowser(t).tab()
	p.open(a.Page("tasks"))
	p.until(`document.querySelectorAll('section[aria-labelledby="jo"] tbody tr').length > 0`)
	if n := value[int](p, `document.querySelectorAll('main button[name="do"], main input[type="checkbox"]').length`); n != 0 {
		t.Errorf("%d buttons and boxes are there", n)
	}
	p.leave(`section[aria-labelledby="jo"] tbody a[href*="/tasks/"]`)
	p.until(shown + `.includes('Its way')`)
	if n := value[int](p, `document.querySelectorAll('main button[name="do"]').length`); n != 0 {
		t.Errorf("the job's page has %d buttons", n)
	}
	p.quiet()
}
