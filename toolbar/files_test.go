package toolbar_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

func TestFilePanel_ShowsWhatWasServed(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, middleware.FileServerFS("assets", fstest.MapFS{"app.css": {Data: []byte("p{}")}}))
	res, _ := b.get("/app.css")
	b.flush()
	id := res.Header.Get(toolbar.HeaderID)
	_, page := b.get("/_toolbar/requests/" + id + "/files")
	for _, want := range []string{">app.css</a>", "assets, fstest.MapFS", ">3 B</td>", "sent each time"} {
		if !strings.Contains(page, want) {
			t.Errorf("the panel lacks %q", want)
		}
	}
	var rec struct{ Counts struct{ Files, Custom int } }
	if b.api("requests/"+id, &rec); rec.Counts.Files != 1 || rec.Counts.Custom != 0 {
		t.Errorf("%+v, want one file, which is no custom span", rec.Counts)
	}
}
