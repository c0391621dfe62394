package mask_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

type database struct {
	Host     string
	Password string
	Pool     int
	URL      string
}

type loop struct{ Next *loop }

type boom struct{ A int }

func (boom) LogValue() (v struct{}) { return v }

func listed(v any) string {
	var b strings.Builder
	for _, f := range mask.Default().Fields(v) {
		fmt.Fprintf(&b, "%s=%s\n", f.Name, f.Value)
	}
	return b.String()
}

func TestFields_ListsAConfiguration(t *testing.T) {
	t.Parallel()
	got := listed(&struct {
		Debug    bool
		Addr     netip.Addr
		Timeout  time.Duration `json:"timeout"`
		Database database
		Backup   *database
		Features map[string]any
		Internal string `toolbar:"-"`
		Licence  string `toolbar:"mask"`
		Empty    string `toolbar:"mask"`
		Hosts    []string
		Hook     func()
		private  int
	}{
		Debug: true, Addr: netip.MustParseAddr("::1"), Timeout: 1500 * time.Millisecond,
		Database: database{"db.test", "s3cr3t", 5, "postgres://shop:s3cr3t@db.test/shop"},
		Features: map[string]any{"beta": true, "api_key": "s3cr3t", "limit": map[string]int{"a": 1}},
		Internal: "s3cr3t", Licence: "s3cr3t", Hosts: []string{"a", "b"}, private: 3,
	})
	want := `Debug=true
Addr="::1"
timeout=1.5s
Database.Host=db.test
Database.Password=[redacted]
Database.Pool=5
Database.URL=postgres://[redacted]@db.test/shop
Backup=nil
Features.api_key=[redacted]
Features.beta=true
Features.limit.a=1
Licence=[redacted]
Empty=
Hosts=["a" "b"]
Hook=nil
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestFields_Ends(t *testing.T) {
	t.Parallel()
	ring := &loop{}
	ring.Next = ring
	if got := listed(ring); strings.Count(got, "\n") != 1 || len(got) > 200 {
		t.Errorf("a ring gives %q", got)
	}
	many := map[string]int{}
	for i := range 2000 {
		many[fmt.Sprint(i)] = i
	}
	if n := len(mask.Default().Fields(many)); n != 500 {
		t.Errorf("%d fields", n)
	}
	for _, v := range []any{nil, 3, "text", boom{}, []any{nil}, map[string]any(nil), struct{}{}, strings.Repeat("x", 5000)} {
		for _, f := range mask.Default().Fields(v) {
			if len(f.Value) > 1024+len("…") {
				t.Errorf("%T gives %d bytes", v, len(f.Value))
			}
		}
	}
}
