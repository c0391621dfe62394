package toolbar_test

import (
	"bufio"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// missed is what the stream of a list brings at once: all before it waits for what comes.
func (b *bundle) missed(stream string) string {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, b.srv.URL+stream, nil)
	if err != nil {
		b.Fatal(err)
	}
	res, err := b.srv.Client().Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	var out strings.Builder
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "retry:") {
			return out.String()
		}
		out.WriteString(lines.Text() + "\n")
	}
	b.Fatalf("the stream ends after\n%s", out.String())
	return ""
}

var (
	liveStream = regexp.MustCompile(`data-live="([^"]+)"`)
	liveID     = regexp.MustCompile(`(?m)^id: (\S+)$`)
)

// streamOf is what the list of a page listens to.
func (b *bundle) streamOf(page string) string {
	b.Helper()
	_, body := b.get(page)
	m := liveStream.FindStringSubmatch(body)
	if m == nil {
		b.Fatalf("%s is not live", page)
	}
	return html.UnescapeString(m[1])
}

// A Record that is stored after an empty list was drawn and before its stream is open belongs to the list.
func TestLive_AListThatWasEmptyMissesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, chatty())
	all, few := b.streamOf("/_toolbar/requests"), b.streamOf("/_toolbar/requests?q=path%3Aother")
	b.get("/between?who=mara")
	b.flush()
	if text := b.missed(all); !strings.Contains(text, "/between") {
		t.Errorf("%s does not bring the request:\n%s", all, text)
	}
	if text := b.missed(few); strings.Contains(text, "/between") {
		t.Errorf("%s brings what its filter hides:\n%s", few, text)
	}
}

// A viewer that was away for long sees how it goes on: the newest, in their order, however many there were.
func TestLive_WhoComesBackSeesTheNewest(t *testing.T) {
	t.Parallel()
	const many = 230
	b := setup(t, toolbar.Config{}, chatty())
	b.get("/seen")
	b.flush()
	seen := b.newest().ID
	for i := range many {
		b.get(fmt.Sprintf("/n%03d", i))
	}
	b.flush()
	text := b.missed("/_toolbar/events?kind=request&last=" + seen)
	ids := liveID.FindAllStringSubmatch(text, -1)
	if len(ids) != 200 {
		t.Errorf("%d rows come at once", len(ids))
	}
	for i := 1; i < len(ids); i++ {
		if ids[i][1] <= ids[i-1][1] {
			t.Fatalf("%s comes after %s", ids[i][1], ids[i-1][1])
		}
	}
	if !strings.Contains(text, fmt.Sprintf("/n%03d", many-1)) || strings.Contains(text, "/n000") || strings.Contains(text, "/seen") {
		t.Errorf("the first is %s, the last %s", ids[0][1], ids[len(ids)-1][1])
	}
}

// What the app is asked for after the page of nothing but the toolbar was made, and before its stream is open, is listed there.
func TestLive_AWatchedAppMissesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, chatty())
	_, body := b.get("/_toolbar/watch")
	m := regexp.MustCompile(` follow="([^"]+)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("the page does not say since when it follows:\n%s", body)
	}
	b.get("/between?who=mara")
	b.flush()
	if text := b.missed("/_toolbar/events?format=json&kind=request&last=" + m[1]); !strings.Contains(text, "/between") {
		t.Errorf("the stream does not bring the request:\n%s", text)
	}
}
