package middleware

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// What is kept of bodies. Nothing is read that the handler does not read, and nothing
// is held back: what passes by is copied until there is enough.

var (
	keyCookies    = instrument.NewKey("http.request.cookies")
	keySetCookies = instrument.NewKey("http.response.set_cookies")
	keyForm       = instrument.NewKey("http.request.form")
	keyFiles      = instrument.NewKey("http.request.files")

	requestBody  = newBodyKeys("http.request.body")
	responseBody = newBodyKeys("http.response.body")
)

// bodyKeys are the attributes of a body.
type bodyKeys struct{ text, kind, read, cut, flaw instrument.Key }

func newBodyKeys(name string) bodyKeys {
	return bodyKeys{
		text: instrument.NewKey(name),
		kind: instrument.NewKey(name + ".kind"),
		read: instrument.NewKey(name + ".read"), // bytes that passed by
		cut:  instrument.NewKey(name + ".cut"),  // there was more than is kept
		flaw: instrument.NewKey(name + ".flaw"), // why it is not what it says it is
	}
}

// capture is what is kept of one request and its response beside their headers.
type capture struct {
	rules    *mask.Rules
	request  tape
	response tape
}

// describe writes down what was kept. Nothing that is wrong with it may become the
// request's trouble.
func (c *capture) describe(rec *instrument.Recording, r *http.Request, written int64) {
	defer func() { _ = recover() }()
	c.describeRequest(rec, r)
	c.response.describe(rec, &responseBody, c.rules, written)
}

// bodyKind says how a body is read, and with that how it is masked.
type bodyKind string

const (
	kindJSON      bodyKind = "json"
	kindForm      bodyKind = "form"
	kindMultipart bodyKind = "multipart" // kept only to find out what its parts are
	kindText      bodyKind = "text"

	// Of these nothing is kept. In markup a secret may stand anywhere (the value of a
	// hidden field, the text of an element), and no rule could tell it.
	kindPage    bodyKind = "page" // HTML
	kindXML     bodyKind = "xml"
	kindBinary  bodyKind = "binary"
	kindEncoded bodyKind = "encoded" // compressed by the app or the client
	kindFile    bodyKind = "file"    // goes from the file to the connection, not through us
	kindAsset   bodyKind = "asset"   // styles and scripts: the same for everyone
)

func (k bodyKind) kept() bool {
	switch k {
	case kindPage, kindXML, kindBinary, kindEncoded, kindFile, kindAsset:
		return false
	}
	return true
}

// tape keeps the first bytes of a body that passes by.
type tape struct {
	mu    sync.Mutex // guards what follows: handlers may read and write on goroutines of their own
	begun bool
	kind  bodyKind // "" until the type is known, or guessed
	limit int      // bytes to keep
	kept  []byte
	total int64 // bytes that passed by
}

// start says what comes. header holds its Content-Type and Content-Encoding.
func (t *tape) start(h http.Header, limit int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun {
		return
	}
	t.begun, t.limit = true, limit
	if enc := h["Content-Encoding"]; len(enc) > 0 && !strings.EqualFold(enc[0], "identity") && enc[0] != "" {
		t.kind = kindEncoded
	} else if types := h["Content-Type"]; len(types) > 0 {
		t.kind = kindOfType(types[0])
	}
	if !t.kind.kept() {
		t.limit = 0
	}
}

// file says that what comes goes past us, unless something came already.
func (t *tape) file() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == 0 {
		t.kind, t.limit = kindFile, 0
	}
}

// wants reports whether there is room for more.
func (t *tape) wants() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.kept) < t.limit
}

func (t *tape) add(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total += int64(len(p))
	if room := t.limit - len(t.kept); room > 0 {
		t.kept = append(t.kept, p[:min(room, len(p))]...)
	}
}

// stop gives what was kept; nothing is kept any more.
func (t *tape) stop() (kept []byte, total int64, kind bodyKind) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.limit = 0
	kept, t.kept = t.kept, nil
	if t.kind == "" {
		t.kind = guessKind(kept)
	}
	return kept, t.total, t.kind
}

// kindOfType reads a Content-Type.
func kindOfType(contentType string) bodyKind {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	major, minor, _ := strings.Cut(media, "/")
	switch {
	case media == "":
		return ""
	case minor == "json", strings.HasSuffix(minor, "+json"):
		return kindJSON
	case minor == "x-www-form-urlencoded":
		return kindForm
	case major == "multipart":
		return kindMultipart
	case minor == "css", minor == "javascript", minor == "x-javascript", minor == "ecmascript", major == "image" && minor == "svg+xml":
		return kindAsset
	case minor == "html", minor == "xhtml+xml":
		return kindPage
	case minor == "xml", strings.HasSuffix(minor, "+xml"):
		return kindXML
	case major == "text", minor == "graphql", minor == "x-ndjson", minor == "yaml", minor == "x-yaml", minor == "toml":
		return kindText
	}
	return kindBinary
}

// guessKind looks at a body that does not say what it is.
func guessKind(b []byte) bodyKind {
	trimmed := bytes.TrimLeft(b, " \t\r\n")
	switch {
	case len(b) == 0:
		return ""
	case !isText(b):
		return kindBinary
	case len(trimmed) > 0 && trimmed[0] == '<': // net/http makes a page of it
		return kindPage
	case len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') && json.Valid(b):
		return kindJSON
	}
	return kindText
}

// isText reports whether b is UTF-8, its last character perhaps cut off, without NUL.
func isText(b []byte) bool {
	for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
		if r := b[len(b)-i]; utf8.RuneStart(r) {
			if !utf8.FullRune(b[len(b)-i:]) {
				b = b[:len(b)-i]
			}
			break
		}
	}
	return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
}

// describe writes down what passed by; total is how much that was, or -1 for what was
// counted here.
func (t *tape) describe(rec *instrument.Recording, k *bodyKeys, rules *mask.Rules, total int64) (kept []byte) {
	kept, counted, kind := t.stop()
	if total < 0 {
		total = counted
	}
	if kind == "" && total == 0 {
		return nil
	}
	if kind.kept() && kind != kindMultipart && !isText(kept) {
		kind = kindBinary // whatever it says
	}
	attrs := [4]instrument.Attr{k.kind.String(string(kind)), k.read.Int64(total)}
	if total > int64(len(kept)) && kind.kept() {
		attrs[2] = k.cut.Bool(true)
	}
	if kind.kept() && kind != kindMultipart && len(kept) > 0 {
		text, flaw := maskedBody(rules, kind, kept, total > int64(len(kept)))
		if flaw != "" {
			attrs[3] = k.flaw.String(flaw)
		}
		rec.Attach(k.text.Masked(text))
	}
	rec.Set(attrs[:]...)
	return kept
}

// maskedBody is a body without its secrets, and what is wrong with it.
func maskedBody(rules *mask.Rules, kind bodyKind, b []byte, cut bool) (text, flaw string) {
	switch kind {
	case kindJSON:
		masked, n := rules.JSONPrefix(b)
		if n < len(b) && !cut {
			flaw = notJSON(n)
		}
		return string(masked), flaw
	case kindForm:
		return rules.Query(string(b)), ""
	}
	return rules.Text(string(b)), ""
}

// encodedForm is a parsed form in the form of a query, masked.
func encodedForm(rules *mask.Rules, values map[string][]string) string {
	return rules.Query(url.Values(values).Encode())
}
