package middleware

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
)

// Which responses are pages that something may be added to. The rules look at
// headers and at the first 512 bytes, never further: the decision has to fall
// before the header is sent.

// eligibleRequest reports whether the client shows the answer as a page of
// its own, rather than putting it into one.
func eligibleRequest(r *http.Request) bool {
	if r.Method == http.MethodHead || r.Method == http.MethodConnect {
		return false
	}
	if dest := r.Header.Get("Sec-Fetch-Dest"); dest != "" && dest != "document" {
		return false
	}
	for _, key := range []string{"X-Requested-With", "Hx-Request", "Turbo-Frame"} {
		if len(r.Header[key]) > 0 {
			return false
		}
	}
	return true
}

// refusing are headers of which the mere presence says that the body must
// stay as it is: parts of a body, and digests and signatures over it.
var refusing = []string{
	"Content-Range", "Digest", "Repr-Digest", "Content-Digest", "Content-Md5", "Signature",
	"Transfer-Encoding", "Upgrade",
}

// eligibleHeader applies the rules that need no body. page is yes for an
// HTML content type, unknown if the type will be guessed from the body.
func eligibleHeader(status int, h http.Header) (page answer, xml bool) {
	switch {
	case status < 200, status > 599, status == 204, status == 205, status == 206, status == 304:
		return no, false
	}
	for _, key := range refusing {
		if len(h[key]) > 0 {
			return no, false
		}
	}
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return no, false
	}
	if d, _, _ := strings.Cut(h.Get("Content-Disposition"), ";"); strings.EqualFold(strings.TrimSpace(d), "attachment") {
		return no, false
	}
	if t := strings.ToLower(strings.Join(h["Trailer"], ",")); strings.Contains(t, "digest") || strings.Contains(t, "signature") {
		return no, false
	}
	types, set := h["Content-Type"]
	if !set {
		return unknown, false
	}
	if len(types) != 1 {
		return no, false
	}
	return htmlType(types[0])
}

type answer uint8

const (
	no answer = iota
	yes
	unknown
)

// htmlType reports whether a content type is HTML in a charset whose ASCII
// bytes mean ASCII characters.
func htmlType(contentType string) (page answer, xml bool) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil && media == "" {
		return no, false
	}
	if media != "text/html" && media != "application/xhtml+xml" {
		return no, false
	}
	if charset := params["charset"]; charset != "" && !asciiCompatible(charset) {
		return no, false
	}
	return yes, media != "text/html"
}

// asciiCompatible knows the charsets that browsers know, but for UTF-16 and
// ISO-2022-JP, whose bytes have to be decoded first.
func asciiCompatible(charset string) bool {
	c := strings.ToLower(strings.Trim(charset, " \t\"'"))
	switch c {
	case "utf-8", "utf8", "us-ascii", "ascii", "latin1", "l1", "macintosh", "big5", "big5-hkscs",
		"gbk", "gb2312", "gb18030", "shift_jis", "shift-jis", "sjis", "windows-31j", "x-sjis",
		"euc-jp", "euc-kr", "ks_c_5601-1987", "tis-620":
		return true
	}
	for _, prefix := range []string{"iso-8859-", "iso8859-", "windows-125", "windows-874", "cp125", "koi8-", "x-mac-"} {
		if strings.HasPrefix(c, prefix) {
			return true
		}
	}
	return false
}

// sniffedHTML guesses the type of a body as net/http will.
func sniffedHTML(start []byte) bool {
	page, _ := htmlType(http.DetectContentType(start))
	return page == yes
}

// startsDocument reports whether a body begins as a whole document, with a
// doctype or one of html, head and body, and not as a fragment of one.
func startsDocument(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	for {
		b = bytes.TrimLeft(b, " \t\r\n\f")
		var end string
		switch {
		case bytes.HasPrefix(b, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(b, []byte("<?")):
			end = ">"
		default:
			return startsTag(b, "!doctype") || startsTag(b, "html") || startsTag(b, "head") || startsTag(b, "body")
		}
		i := bytes.Index(b, []byte(end))
		if i < 0 {
			return false
		}
		b = b[i+len(end):]
	}
}

func startsTag(b []byte, name string) bool {
	if len(b) < len(name)+2 || b[0] != '<' || !strings.EqualFold(string(b[1:len(name)+1]), name) {
		return false
	}
	c := b[len(name)+1]
	return isSpace(c) || c == '>' || c == '/'
}
