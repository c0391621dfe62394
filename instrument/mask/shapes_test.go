package mask_test

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func TestURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                "",
		"/orders/42?page=2&q=a%20b#top":   "/orders/42?page=2&q=a%20b#top",
		"https://u:p@h/p?token=abc&x=1":   "https://[redacted]@h/p?token=[redacted]&x=1",
		"/cb#access_token=zz&state=1":     "/cb#access_token=[redacted]&state=1",
		"/x?next=%2Flogin%3Fpassword%3Dx": "/x?next=%2Flogin%3Fpassword%3D[redacted]",
		"postgres://u:p#ss@h/db":          "postgres://[redacted]@h/db",
		"postgres://u:p?ss@h/db":          "postgres://[redacted]@h/db",
		"http://localhost:8080?a=b":       "http://localhost:8080?a=b",
		"/reset/" + jwt:                   "/reset/[redacted]",
		"/reset/%65yJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc": "/reset/[redacted]",
		"/bad%zz":         "[redacted]",
		"/x?a=%zz&%zz=b":  "/x?a=[redacted]&[redacted]",
		"/x?a;b=1;token=": "/x?a;b=1;token=",
	} {
		if got := mask.Default().URL(in); got != want {
			t.Errorf("URL(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFormLeavesTheOriginal(t *testing.T) {
	t.Parallel()
	form := url.Values{"password": {"a", "b"}, "name": {"bob"}}
	got := mask.Default().Form(form)
	if want := (url.Values{"password": {mask.Redacted, mask.Redacted}, "name": {"bob"}}); !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
	if form.Get("password") != "a" {
		t.Error("the original was changed")
	}
	if mask.Default().Form(nil) != nil || mask.Default().Headers(nil) != nil || mask.Default().Args(nil) != nil {
		t.Error("nil became something")
	}
}

func TestHeadersKeepNamesAndSafeValues(t *testing.T) {
	t.Parallel()
	r := mustNew(t, mask.Options{Allow: []string{"X-Tenant", "theme"}})
	got := r.Headers(http.Header{
		"Accept-Language": {"de"}, "Content-Type": {"text/html"}, "User-Agent": {"curl/8"}, "Range": {"bytes=0-1"}, "Traceparent": {"00-ab-cd-01"},
		"Referer":         {"https://h/p?token=x#y"},
		"Location":        {"/p?token=x&y=1"},
		"X-Forwarded-For": {"10.0.0.1"},
		"Authorization":   {"Bearer x"},
		"X-Tenant":        {"shop"},
		"X-Version":       {"3"},
		"X-Api-Key":       {"x"},
		"Cookie":          {"sid=abc; theme=dark", "broken"},
		"Set-Cookie":      {"sid=abc; Path=/; HttpOnly", ""},
	}, "x-version", "x-api-key")
	want := http.Header{
		"Accept-Language": {"de"}, "Content-Type": {"text/html"}, "User-Agent": {"curl/8"}, "Range": {"bytes=0-1"}, "Traceparent": {"00-ab-cd-01"},
		"Referer":         {"https://h/p"},
		"Location":        {"/p?token=[redacted]&y=1"},
		"X-Forwarded-For": {"[redacted]"},
		"Authorization":   {"[redacted]"},
		"X-Tenant":        {"shop"},
		"X-Version":       {"3"},
		"X-Api-Key":       {"[redacted]"},
		"Cookie":          {"sid=[redacted]; theme=dark", "[redacted]"},
		"Set-Cookie":      {"sid=[redacted]; Path=/; HttpOnly", ""},
	}
	for name := range want {
		if !slices.Equal(got[name], want[name]) {
			t.Errorf("%s: %q, want %q", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d headers of %d", len(got), len(want))
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 17) + "1" + strings.Repeat("]", 17)
	for _, tc := range []struct{ name, in, want string }{
		{"keeps order, spacing, numbers", "{ \"b\": 1.50,\n \"a\": [true, null, \"x\"] }", "{ \"b\": 1.50,\n \"a\": [true, null, \"x\"] }"},
		{"hides by key at any level", `[{"a":{"password":"x","n":1}}]`, `[{"a":{"password":"[redacted]","n":1}}]`},
		{"hides whole groups", `{"credentials":{"a":["}",{}]},"b":[1]}`, `{"credentials":"[redacted]","b":[1]}`},
		{"keeps what says nothing", `{"password":null,"token":"","auth":true,"csrf":false}`, `{"password":null,"token":"","auth":true,"csrf":false}`},
		{"hides numbers", `{"pin":1234,"otp":-1}`, `{"pin":"[redacted]","otp":"[redacted]"}`},
		{"reads escapes", `{"p\u0061ssword":"x","u":"https:\/\/a:b@h\/<\u00e9>"}`, `{"p\u0061ssword":"[redacted]","u":"https://[redacted]@h/<é>"}`},
		{"keeps unhidden escapes", `{"a":"\u00e9\/"}`, `{"a":"\u00e9\/"}`},
		{"hides below depth 16", deep, strings.Repeat("[", 16) + `"[redacted]"` + strings.Repeat("]", 16)},
		{"hides what does not parse", `{"a":"b`, `"[redacted]"`},
		{"hides two documents", `{} {}`, `"[redacted]"`},
		{"keeps nothing as nothing", " \n", " \n"},
		{"masks a bare string", `"token=abc"`, `"token=[redacted]"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := string(mask.Default().JSON([]byte(tc.in))); got != tc.want {
				t.Errorf("\n got %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestArgs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"app --password=x --user bob":         "app --password=[redacted] --user bob",
		"app --token x run":                   "app --token [redacted] run",
		"app -token -x":                       "app -token [redacted]",
		"app --no-csrf --verbose":             "app --no-csrf --verbose",
		"app --token":                         "app --token",
		"app PASSWORD=x --port=80 -p 8080":    "app PASSWORD=[redacted] --port=80 -p 8080",
		"app postgres://u:p@h -v":             "app postgres://[redacted]@h -v",
		"/usr/bin/mysql -uroot -psecret shop": "/usr/bin/mysql -uroot -p[redacted] shop",
		"curl -u bob:x https://h":             "curl -u [redacted] https://h",
		"sshpass -p x ssh h":                  "sshpass -p [redacted] ssh h",
		`C:\bin\mysqldump.exe -px`:            `C:\bin\mysqldump.exe -p[redacted]`,
		"app - -- --":                         "app - -- --",
	} {
		if got := strings.Join(mask.Default().Args(strings.Fields(in)), " "); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}
