package view

import (
	"strconv"
	"strings"
)

// KindFile is the kind of files that middleware.FileServerFS serves.
const KindFile Kind = "file"

// fileCode is the status of a file's answer; 0 not known.
func fileCode(s Span) int {
	n, _ := strconv.Atoi(attrOf(s, "http.response.status_code"))
	return n
}

// fileSize is how large the file is, whatever of it was sent.
func fileSize(s Span) string {
	n, err := strconv.ParseInt(attrOf(s, "file.size"), 10, 64)
	if err != nil {
		return "–"
	}
	return Bytes(n)
}

// fileHeaders are the headers that let browsers keep a file.
func fileHeaders(s Span) (out []Attr) {
	for _, h := range []string{"Cache-Control", "ETag", "Last-Modified"} {
		if v := attrOf(s, "http.response.header."+strings.ToLower(h)); v != "" {
			out = append(out, Attr{Key: h, Value: v})
		}
	}
	return out
}

// fileCaching says what a browser does with a file that it has.
func fileCaching(s Span) (Status, string) {
	control := strings.ToLower(attrOf(s, "http.response.header.cache-control"))
	age := 0
	for part := range strings.SplitSeq(control, ",") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(part), "max-age="); ok {
			age, _ = strconv.Atoi(text)
		}
	}
	asks := attrOf(s, "http.response.header.etag", "http.response.header.last-modified") != ""
	switch code := fileCode(s); {
	case code == 304:
		return StatusOK, "not changed: the browser's copy is used"
	case code >= 400:
		return StatusBad, "not served"
	case strings.Contains(control, "no-store"):
		return StatusNew, "never kept: no-store"
	case age > 0 && !strings.Contains(control, "no-cache"):
		return StatusOK, "kept, and not asked for meanwhile"
	case asks:
		return StatusOK, "kept, and sent again only when it has changed"
	case attrOf(s, "file.source") == "embedded":
		return StatusSlow, "sent each time: embedded files have no time, and neither Cache-Control nor ETag is set"
	}
	return StatusSlow, "sent each time: neither Cache-Control nor ETag nor Last-Modified is set"
}
