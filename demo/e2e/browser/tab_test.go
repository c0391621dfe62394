package browser_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Bounds of time, for a machine that is busy with other tests.
const (
	patience = time.Minute // of one step
	perTest  = 10 * time.Minute
)

// Sizes of the window.
const (
	narrow = 390 // a phone
	wide   = 1280
	height = 900
)

// requireBrowser finds Chromium or ends the test: a failure where CI=true is set, a skip elsewhere.
func requireBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s needs Chromium, which is not installed", t.Name())
	}
	t.Skipf("%s skipped: Chromium is not installed", t.Name())
	return ""
}

// chromium is the process that all tests share: to start one takes longer than most tests do after that.
var chromium process

type process struct {
	mu  sync.Mutex // guards the others
	ctx context.Context
	end func()
}

// start starts Chromium when it does not run, or not any more.
func (c *process) start(t *testing.T) context.Context {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx != nil && c.ctx.Err() == nil {
		return c.ctx
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(requireBrowser(t)), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck, chromedp.WindowSize(wide, height),
	}
	for _, flag := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage",
		"disable-extensions", "disable-default-apps", "hide-scrollbars", "mute-audio",
		// A tab is as awake as if it were the only one.
		"disable-background-timer-throttling", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding",
		// A key or a click that comes before a page was first painted would be dropped: nobody could have meant it.
		"allow-pre-commit-input",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	options = append(options, chromedp.Flag("disable-features", "PaintHolding"))
	// Not a test's own context: it goes on when the test has ended.
	allocated, wait := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocated)
	end := func() { cancel(); wait() }
	if err := chromedp.Do(ctx); err != nil {
		end()
		t.Fatalf("start Chromium: %v", err)
	}
	c.ctx, c.end = ctx, end
	return ctx
}

func (c *process) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		c.end()
	}
}

// browser is a profile of Chromium with storage and cookies of its own, which ends with the test.
type browser struct {
	t    *testing.T
	ctx  context.Context
	used bool // by the first tab
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	ctx, cancel := context.WithTimeout(chromium.start(t), perTest)
	t.Cleanup(cancel)
	ctx, closeBrowser := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(closeBrowser)
	return &browser{t: t, ctx: ctx}
}

// tab is one page of a browser.
type tab struct {
	t   *testing.T
	ctx context.Context
	noise
}

func (b *browser) tab() *tab {
	b.t.Helper()
	ctx := b.ctx
	if b.used {
		var cancel context.CancelFunc
		ctx, cancel = chromedp.NewContext(b.ctx)
		b.t.Cleanup(cancel)
	}
	b.used = true
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatalf("open a tab: %v", err)
	}
	p := &tab{t: b.t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		b.t.Fatal(err)
	}
	call(p, log.Enable, cdp.Empty{})
	call(p, network.Enable, network.EnableParams{})
	call(p, audits.Enable, cdp.Empty{})
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // whatever other tests open
	p.size(wide)
	return p
}

// call sends a command of the browser's protocol.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) {
	p.t.Helper()
	run(p, command.Method, func(ctx context.Context, t *chromedp.Target) (R, error) { return cdp.Call(ctx, t, command, params) })
}

// run does something in the page and fails the test when it cannot be done.
func run[T any](p *tab, what string, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		p.shootFailure()
		p.t.Fatalf("%s: %v\non %s\n%s", what, err, p.where(), p.noise.String())
	}
	return v
}

// where is the address of the page, and what it says.
func (p *tab) where() string {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	page, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.replace(/\s+/g, " ").slice(0, 2000)`))
	if err != nil {
		return "an unknown page"
	}
	return page
}

func (p *tab) open(url string) {
	p.t.Helper()
	run(p, "open "+url, chromedp.Navigate(url))
}

func (p *tab) size(width int64) {
	p.t.Helper()
	run(p, "set the size", chromedp.EmulateViewport(width, height))
}

// prefer has the system ask for a theme, "light" or "dark", and for no motion.
func (p *tab) prefer(theme string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// until waits until an expression is true in the page, or in the one that comes after it.
func (p *tab) until(expr string) {
	p.t.Helper()
	run(p, "wait for "+expr, func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		again := time.NewTicker(30 * time.Millisecond)
		defer again.Stop()
		for {
			yes, err := chromedp.Evaluate[bool]("!!("+expr+")")(ctx, t)
			if yes {
				return v, nil
			}
			select {
			case <-ctx.Done():
				return v, errors.Join(ctx.Err(), err)
			case <-again.C:
			}
		}
	})
}

// value reads an expression from the page.
func value[T any](p *tab, expr string) T {
	p.t.Helper()
	return run(p, "read "+expr, chromedp.Evaluate[T](expr))
}

// press clicks on the element that an expression gives, once it is there: in one step, for it may be drawn anew at any time.
func (p *tab) press(element string) {
	p.t.Helper()
	p.until("((e) => e && (e.click(), true))(" + element + ")")
}

// leave clicks on what opens another page, and waits until that one is complete.
func (p *tab) leave(selector string) {
	p.t.Helper()
	run(p, "click on "+selector, func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
		return chromedp.Void{}, err
	})
	p.until(`document.readyState === 'complete'`)
}

func (p *tab) write(selector, text string) {
	p.t.Helper()
	run(p, "write into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

func (p *tab) key(key string) {
	p.t.Helper()
	run(p, "press a key", chromedp.KeyEvent(key))
}

// shoot takes a picture of the page as it is seen, when pictures are asked for.
func (p *tab) shoot(name string) {
	p.t.Helper()
	if *shots != "" {
		p.picture(filepath.Join(*shots, name+".png"))
	}
}

// shootFailure takes a picture of where a test got stuck.
func (p *tab) shootFailure() {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot()); err == nil && *shots != "" {
		p.keep(filepath.Join(*shots, "failed-"+filepath.Base(p.t.Name())+".png"), png)
	}
}

func (p *tab) picture(file string) {
	p.t.Helper()
	p.keep(file, run(p, "take a picture", chromedp.CaptureScreenshot()))
}

func (p *tab) keep(file string, png []byte) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// quiet fails the test when the browser had anything to say about the pages so far.
func (p *tab) quiet() {
	p.t.Helper()
	if said := p.noise.take(); len(said) > 0 {
		p.t.Errorf("%s: the browser says\n  %s", p.where(), strings.Join(said, "\n  "))
	}
}
