package e2e_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// TestInject_TheTreeOfAPageIsItsOwn: 200 pages of many shapes, cut into writes in many ways, read as browsers
// read them.
// With the toolbar each has the same tree as without, but for the toolbar's element and its script.
func TestInject_TheTreeOfAPageIsItsOwn(t *testing.T) {
	t.Parallel()
	const pages = 200
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n uint64
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil {
			t.Error(err)
		}
		rnd := rand.New(rand.NewPCG(1, n))
		p := newDocument(rnd)
		w.Header().Set("Content-Type", "text/html; charset="+p.charset)
		p.write(w, rnd)
	})
	tb, err := toolbar.New(toolbar.Config{Path: filepath.Join(t.TempDir(), "toolbar.db"), NotDefault: true})
	if err != nil {
		t.Fatal(err)
	}
	with, without := httptest.NewServer(tb.Wrap(app)), httptest.NewServer(app)
	t.Cleanup(func() {
		with.Close()
		without.Close()
		if err := tb.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	in := 0
	for i := range pages {
		bare, page := fetch(t, fmt.Sprintf("%s/%d", without.URL, i)), fetch(t, fmt.Sprintf("%s/%d", with.URL, i))
		want, got := parse(t, bare), parse(t, page)
		nodes := take(got)
		if len(nodes) != 2 || nodes[0].Data != "debug-toolbar" || nodes[1].Data != "script" {
			t.Errorf("page %d: %d nodes and %d bytes were added to\n%s", i, len(nodes), len(page)-len(bare), short(bare))
			continue
		}
		in++
		if w, g := drawn(want), drawn(got); g != w {
			t.Errorf("page %d: the tree is another %s\nof\n%s", i, difference(w, g), short(bare))
		}
	}
	if in != pages {
		t.Errorf("%d of %d pages have the toolbar", in, pages)
	}
}

const paragraph = "A long paragraph goes on. "

// short is a page without what makes it long.
func short(page string) string { return strings.ReplaceAll(page, paragraph, "") }

// difference is the first line in which two trees differ.
func difference(without, with string) string {
	a, b := strings.Split(short(without), "\n"), strings.Split(short(with), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("from line %d:\n%.300s\ninstead of\n%.300s", i, b[i], a[i])
		}
	}
	return "in length"
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Dest", "document")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func parse(t *testing.T, page string) *html.Node {
	t.Helper()
	// As a browser that runs scripts reads it: what is in noscript is text.
	n, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(true))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// take removes what the toolbar added to a tree, and returns it.
func take(n *html.Node) (ours []*html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.ElementNode && (c.Data == "debug-toolbar" || c.Data == "script" && strings.HasPrefix(attribute(c, "src"), "/_toolbar/")) {
			n.RemoveChild(c)
			ours = append(ours, c)
		} else {
			ours = append(ours, take(c)...)
		}
		c = next
	}
	return ours
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// drawn is a tree as text. Texts that follow each other are one: where a node stood between them they are two.
func drawn(n *html.Node) string {
	var b strings.Builder
	var draw func(n *html.Node, depth int)
	draw = func(n *html.Node, depth int) {
		text := ""
		end := func() {
			if text != "" {
				fmt.Fprintf(&b, "%*s%q\n", depth, "", text)
				text = ""
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.TextNode {
				text += c.Data
				continue
			}
			end()
			fmt.Fprintf(&b, "%*s%d %s %v\n", depth, "", c.Type, c.Data, c.Attr)
			draw(c, depth+1)
		}
		end()
	}
	draw(n, 0)
	return b.String()
}

// document is a page as an app might write it.
type document struct{ charset, text string }

var (
	doctypes = []string{"<!doctype html>", "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">", "<!doctype html>\n<!-- built by hand -->\n", "\ufeff<!doctype html>"}
	heads    = []string{
		"<html><head><title>a</title></head>", "<html lang=en><head><meta charset=utf-8><title>a </body> b</title></head>", "<head><title>x</title>", "<title>x</title>", "",
		"<html><head><style>p::after { content: '</body>' }</style></head>", "<html><head><script>var end = '</body></html>';</script></head>",
		"<html><head><noscript><style>p{}</style></noscript></head>", "<html><head><script type=\"application/json\">{\"a\":\"</body>\"}</script></head>",
	}
	bodies = []string{"<body>", "<body class='a > b' data-x=\"</body>\">", "<BODY>", "", "<body onload=\"go('</body>')\">"}
	parts  = []string{
		"<p>Some text.", "<p>Some <b>bold <i>text</b> in</i> disorder</p>", "<!-- </body> -->", "<!-- a > b -- c -->", "<!-->short-->",
		"<script>if (a < b && '</body>') { document.write('<p>'); }</script>", "<script><!--\nvar s = '<script></body></script>';\n--></script>",
		"<script>\"<!--<script></body></script>\"</script>", "<textarea></body> & <b></textarea>", "<style>b { content: \"</body>\" }</style>", "<title>again </body></title>",
		"<iframe srcdoc=\"<body></body>\"></iframe>", "<xmp></body></xmp>", "<svg><title></body></title><style></body></style></svg>",
		"<math><annotation-xml encoding=\"text/html\"><p>x</p></annotation-xml></math>", "<table><tr><td>cell<tr><td>cell</table>", "<table><p>fostered</table>", "<ul><li>one<li>two</ul>",
		"<template><p>in a template</p></template>", "<select><option>a<option>b</select>", "<details><summary>s</summary>t</details>", "<form><input value='</body>'></form>",
		"<img alt=\"a'b</body>\" src=data:,>", "Grüße, 漢字, 🎉", "&amp; &lt;/body&gt; &#60;/body&#62;", "</bod", "</bodyx>", "<a href='?x=1&y=2'>link</a>", "<pre>\n  kept\n</pre>",
		"<noscript><p>no script</p></noscript>", "<custom-element><slot></slot></custom-element>", "<br/><hr/>", "<dl><dt>a<dd>b</dl>", "<button>press</button>",
	}
	ends = []string{
		"</body></html>", "</body></html>\n", "</BODY></HTML>", "</body>", "", "</body\n></html>", "</body ></html>\n<!-- made in 3 ms -->\n", "</html>", "</body></html>\n\n\n",
		"</body><!-- between --></html>", "</div></body></html>",
	}
	charsets = []string{"utf-8", "UTF-8", "iso-8859-1", "windows-1252", "us-ascii"}
)

func newDocument(rnd *rand.Rand) document {
	var b strings.Builder
	b.WriteString(pick(rnd, doctypes) + pick(rnd, heads) + pick(rnd, bodies))
	for range rnd.IntN(40) {
		b.WriteString(pick(rnd, parts))
		if rnd.IntN(3) == 0 {
			b.WriteString("\n")
		}
		if rnd.IntN(20) == 0 { // more than what is held back at once
			b.WriteString("<p>" + strings.Repeat(paragraph, 4000))
		}
	}
	b.WriteString(pick(rnd, ends))
	return document{pick(rnd, charsets), b.String()}
}

func pick(rnd *rand.Rand, list []string) string { return list[rnd.IntN(len(list))] }

// write sends the page in one of the ways in which apps do.
func (d document) write(w http.ResponseWriter, rnd *rand.Rand) {
	most := []int{1 << 30, 4096, 512, 7, 1}[rnd.IntN(5)]
	if len(d.text) > 50_000 {
		most = max(most, 512)
	}
	flushes := rnd.IntN(4) == 0
	if rnd.IntN(3) == 0 {
		w.Header().Set("Content-Length", fmt.Sprint(len(d.text)))
	}
	for text := d.text; text != ""; {
		n := min(len(text), 1+rnd.IntN(most))
		if _, err := io.WriteString(w, text[:n]); err != nil {
			return // the test sees that the page is not complete
		}
		text = text[n:]
		// What is flushed before it looks like a page is none: nobody can take it back.
		if flushes && len(d.text)-len(text) > len(doctypes[1]) && rnd.IntN(10) == 0 {
			_ = http.NewResponseController(w).Flush() // likewise
		}
	}
}
