package toolbar_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

func TestSnapshot_IsForWhoMayTakeIt(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for name, c := range map[string]struct {
		config toolbar.Config
		status int
	}{
		"whoever may look": {toolbar.Config{}, http.StatusOK},
		"read-only too":    {toolbar.Config{ReadOnly: true}, http.StatusOK},
		"not everybody":    {toolbar.Config{May: func(_ *http.Request, a web.Action) bool { return a != web.ActExport }}, http.StatusNotFound},
	} {
		b := setup(t, c.config, http.NotFoundHandler())
		res, body := b.get("/_toolbar/api/v1/store")
		if res.StatusCode != c.status || (c.status == http.StatusOK) != strings.HasPrefix(body, "SQLite format 3") {
			t.Errorf("%s: %s, %.40q", name, res.Status, body)
		}
		if res, _ := b.get("/_toolbar/api/v1/store", "X-Forwarded-For", "10.0.0.1"); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: a forwarded request got %s", name, res.Status)
		}
	}
}
