package browser_test

import (
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// fetched collects the addresses that a tab asks for.
type fetched struct {
	mu  sync.Mutex // guards all
	all []string
}

func (f *fetched) hear(event any) {
	var asked string
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		asked = e.Request.URL
	case *network.EventWebSocketCreated:
		asked = e.URL
	default:
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, asked)
}

// foreign gives what was asked for of another origin, and how much in all; and forgets it.
func (f *fetched) foreign(origin string) (list []string, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, asked := range f.all {
		u, err := url.Parse(asked)
		if err != nil || u.Scheme != "data" && u.Scheme+"://"+u.Host != origin {
			list = append(list, asked)
		}
	}
	n = len(f.all)
	f.all = nil
	return list, n
}

// Every page of the dashboard, and a page of the app with the toolbar in it, takes all that
// it needs from where it came from: no font, script, picture or count is asked for elsewhere.
func TestT26_PagesFetchFromTheirOwnOriginAlone(t *testing.T) {
	a, order := busy(t, 6)
	p := openBrowser(t).tab()
	f := &fetched{}
	if err := chromedp.Listen(p.ctx, f.hear); err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, path := range pages(p, a, order) {
		p.open(a.Page(path))
		// What a page would prepare to ask for is not among its requests.
		const elsewhere = `[...document.querySelectorAll('link[rel~=preconnect], link[rel~=dns-prefetch], link[rel~=prefetch], [src^="//"], link[href^="//"], [src^=http], link[href^=http]')].map((e) => e.outerHTML)`
		if found := value[[]string](p, elsewhere); len(found) > 0 {
			t.Errorf("%s: %q", path, found)
		}
		list, n := f.foreign(a.URL)
		if len(list) > 0 || n < 2 {
			t.Errorf("%s: of %d requests these went elsewhere: %q", path, n, list)
		}
		all += n
	}
	p.open(a.URL + "/")
	p.until(`document.querySelector('debug-toolbar')?.shadowRoot !== null`)
	list, n := f.foreign(a.URL)
	if len(list) > 0 || n < 3 {
		t.Errorf("the shop's page: of %d requests these went elsewhere: %q", n, list)
	}
	// The test sees what it is to see.
	const away = "http://127.0.0.2:9/pixel.gif"
	value[bool](p, `(() => { document.body.append(Object.assign(new Image(), { src: '`+away+`' })); return true })()`)
	p.open(a.URL + "/") // events come in their order
	if list, _ := f.foreign(a.URL); !slices.Contains(list, away) {
		t.Errorf("a picture from elsewhere is not seen: %q", list)
	}
	t.Logf("%d requests, all to the own origin", all+n)
}
