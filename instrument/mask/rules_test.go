package mask_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

var _ instrument.Masker = (*mask.Rules)(nil)

func mustNew(t testing.TB, opts mask.Options) *mask.Rules {
	t.Helper()
	r, err := mask.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opts mask.Options
		want string
	}{
		"an empty name":                {mask.Options{Deny: []string{"ok", "-"}}, `mask: Deny[1] "-" has fewer than two`},
		"a nil pattern":                {mask.Options{Patterns: []*regexp.Regexp{nil}}, "mask: Patterns[0] is nil"},
		"to allow a built-in name":     {mask.Options{Allow: []string{"Password"}}, `mask: Allow[0] "Password" is a built-in sensitive name`},
		"to allow what contains one":   {mask.Options{Allow: []string{"session_count"}}, `Allow[0] "session_count"`},
		"to allow the bare name key":   {mask.Options{Allow: []string{"KEY"}}, `Allow[0] "KEY"`},
		"to allow a name, misspelt":    {mask.Options{Allow: []string{"pass%77ord"}}, "built-in"},
		"more names than it can index": {mask.Options{Deny: []string{strings.Repeat("abcdefghij", 2000)}}, "Deny holds too many"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := mask.New(tc.opts)
			if err == nil || !strings.Contains(err.Error(), tc.want) || r != nil {
				t.Fatalf("got %v, %v; want an error with %q", r, err, tc.want)
			}
		})
	}
}

func TestDenyAddsNames(t *testing.T) {
	t.Parallel()
	r := mustNew(t, mask.Options{Deny: []string{"Loyalty-Card", "e-mail"}, Allow: []string{"email_count", "order_key"}})
	for key, want := range map[string]bool{
		"loyaltyCard": true, "X-LOYALTY-CARD-ID": true, "email": true, "userEmail": true,
		"email_count": false, "Email-Count": false, // allowed, being ours to allow
		"order_key": false, "shop_order_key": true, "password": true, "name": false,
	} {
		if got := r.Key(key); got != want {
			t.Errorf("Key(%q) = %v", key, got)
		}
	}
	if got := r.Text("email=bob@example.com order_key=7"); got != "email=[redacted] order_key=7" {
		t.Error(got)
	}
}

func TestPatternsAddToText(t *testing.T) {
	t.Parallel()
	r := mustNew(t, mask.Options{Patterns: []*regexp.Regexp{regexp.MustCompile(`ORD-\d+`), regexp.MustCompile(`x*`), regexp.MustCompile(`redact`)}})
	got, n := r.TextN("order ORD-1 and ORD-22, password=abc")
	if want := "order [redacted] and [redacted], password=[redacted]"; got != want || n != 3 {
		t.Errorf("got %q, %d", got, n)
	}
	if again := r.Text(got); again != got {
		t.Errorf("again: %q", again)
	}
}

func TestHookSeesWhatKeysLeaveVisible(t *testing.T) {
	t.Parallel()
	var asked []string
	r := mustNew(t, mask.Options{Hook: func(key, value string) (string, bool) {
		asked = append(asked, key)
		if key == "plate" {
			return value[:2] + "… password=oops", true
		}
		return "", false
	}})
	for _, tc := range []struct{ key, value, want string }{
		{"plate", "B-XY 1234", "B-… password=[redacted]"}, // what a hook returns is looked at as well
		{"name", "bob", "bob"},
		{"password", "x", mask.Redacted},
		{"name", "", ""},
	} {
		if got := r.Value(tc.key, tc.value); got != tc.want {
			t.Errorf("Value(%q, %q) = %q", tc.key, tc.value, got)
		}
	}
	if got := strings.Join(asked, " "); got != "plate name" {
		t.Errorf("asked for %q", got)
	}
}

func TestT11_PanickingHookNeverShowsTheValue(t *testing.T) {
	t.Parallel()
	const canary = "CANARY-7"
	r := mustNew(t, mask.Options{Hook: func(string, string) (string, bool) { panic("hook") }})
	for name, got := range map[string]string{
		"value":   r.Value("name", canary),
		"query":   r.Query("name=" + canary),
		"json":    string(r.JSON([]byte(`{"name":"` + canary + `"}`))),
		"struct":  r.Struct(struct{ Name string }{canary}, 0),
		"headers": r.Headers(http.Header{"User-Agent": {canary}}).Get("User-Agent"),
		"args":    strings.Join(r.Args([]string{"app", "--name=" + canary}), " "),
	} {
		if strings.Contains(got, canary) || !strings.Contains(got, "redaction failed") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestT11_BrokenPatternNeverShowsTheText(t *testing.T) {
	t.Parallel()
	r := mustNew(t, mask.Options{Patterns: []*regexp.Regexp{{}}}) // an uncompiled one panics when used
	if got, n := r.TextN("CANARY-7"); got != mask.Failed || n != 1 {
		t.Errorf("got %q, %d", got, n)
	}
}

func TestHiddenCountsBothMarkers(t *testing.T) {
	t.Parallel()
	if n := mask.Hidden("a=[redacted] b=[redaction failed] c=[redacted]"); n != 3 {
		t.Error(n)
	}
}
