package mask_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// canaryNames are forty names, one canary each; spelt as they are met.
var canaryNames = strings.Fields(`password Passwd user_pwd passphrase API_KEY apiKey x-api-key access_key privateKey secret client-secret
	token access_token refreshToken id_token csrf_token _xsrf authorization Proxy-Authorization auth bearer jwt session session_id
	sessionid PHPSESSID connect.sid cookie credentials otp mfa pin cvv ssn card_number iban dsn DATABASE_URL signature sig`)

// canary is unique, and looks like a generated secret.
func canary(i int) string { return fmt.Sprintf("CANARY%02dx7Q", i) }

// sinks are all the ways to hand a named value to the package.
var sinks = map[string]func(r *mask.Rules, name, value string) string{
	"value":           func(r *mask.Rules, n, v string) string { return r.Value(n, v) },
	"text =":          func(r *mask.Rules, n, v string) string { return r.Text("a " + n + "=" + v + " b") },
	"text : ":         func(r *mask.Rules, n, v string) string { return r.Text("a " + n + ": " + v + "\nb") },
	"text quoted":     func(r *mask.Rules, n, v string) string { return r.Text("a " + n + "='x " + v + "'") },
	"text json":       func(r *mask.Rules, n, v string) string { return r.Text(`{"` + n + `": "x ` + v + `"}`) },
	"text struct":     func(r *mask.Rules, n, v string) string { return r.Text("&{Name:x " + n + ":" + v + "}") },
	"text map":        func(r *mask.Rules, n, v string) string { return r.Text(fmt.Sprint(map[string][]string{n: {"x", v}})) },
	"text escaped":    func(r *mask.Rules, n, v string) string { return r.Text(fmt.Sprintf("%q", `{"`+n+`":"`+v+`"}`)) },
	"query":           func(r *mask.Rules, n, v string) string { return r.Query("a=1&" + n + "=" + v + "&b=2") },
	"query nested":    func(r *mask.Rules, n, v string) string { return r.Query("next=" + url.QueryEscape("/x?"+n+"="+v)) },
	"url":             func(r *mask.Rules, n, v string) string { return r.URL("https://h/p?" + n + "=" + v) },
	"url fragment":    func(r *mask.Rules, n, v string) string { return r.URL("https://h/p#a=1&" + n + "=" + v) },
	"url user":        func(r *mask.Rules, _, v string) string { return r.URL("https://u:" + v + "@h/p") },
	"url odd user":    func(r *mask.Rules, _, v string) string { return r.URL("https://u:p?x#" + v + "@h/p") },
	"form":            func(r *mask.Rules, n, v string) string { return fmt.Sprint(r.Form(url.Values{n: {v, v}})) },
	"headers":         func(r *mask.Rules, n, v string) string { return fmt.Sprint(r.Headers(http.Header{n: {v}})) },
	"headers allowed": func(r *mask.Rules, n, v string) string { return fmt.Sprint(r.Headers(http.Header{n: {v}}, n)) },
	"header unknown":  func(r *mask.Rules, _, v string) string { return r.Header("X-Anything", v) },
	"referer":         func(r *mask.Rules, _, v string) string { return r.Header("Referer", "https://h/p?q="+v) },
	"location":        func(r *mask.Rules, n, v string) string { return r.Header("Location", "/p?"+n+"="+v) },
	"cookies":         func(r *mask.Rules, _, v string) string { return r.Cookies("theme=" + v + "; sid=" + v) },
	"bad cookies":     func(r *mask.Rules, _, v string) string { return r.Cookies("theme; =" + v) },
	"set-cookie":      func(r *mask.Rules, _, v string) string { return r.SetCookie("a=" + v + "; Path=/; HttpOnly") },
	"json":            func(r *mask.Rules, n, v string) string { return string(r.JSON([]byte(`[{"` + n + `":"` + v + `"}]`))) },
	"json object": func(r *mask.Rules, n, v string) string {
		return string(r.JSON([]byte(`{"` + n + `":{"a":["` + v + `"]}}`)))
	},
	"json in json": func(r *mask.Rules, n, v string) string {
		return string(r.JSON([]byte(`{"m":"{\"` + n + `\":\"` + v + `\"}"}`)))
	},
	"bad json": func(r *mask.Rules, _, v string) string { return string(r.JSON([]byte(`{"a":"` + v))) },
	"args =": func(r *mask.Rules, n, v string) string {
		return fmt.Sprint(r.Args([]string{"app", "--" + n + "=x " + v}))
	},
	"args next":     func(r *mask.Rules, n, v string) string { return fmt.Sprint(r.Args([]string{"app", "--" + n, v})) },
	"args env":      func(r *mask.Rules, n, v string) string { return fmt.Sprint(r.Args([]string{n + "=a " + v, "app"})) },
	"statement":     func(r *mask.Rules, _, v string) string { return r.Statement("SELECT a FROM b WHERE c = '" + v + "'") },
	"struct map":    func(r *mask.Rules, n, v string) string { return r.Struct(map[string]any{n: v}, 0) },
	"struct nested": func(r *mask.Rules, n, v string) string { return r.Struct([]any{map[string]any{n: []string{v}}}, 0) },
	"struct group":  func(r *mask.Rules, n, v string) string { return r.Struct(slog.GroupValue(slog.String(n, v)), 0) },
	"struct error":  func(r *mask.Rules, n, v string) string { return r.Struct(errors.New(n+"="+v), 0) },
}

func TestT11_FortyCanariesThroughEverySink(t *testing.T) {
	t.Parallel()
	if len(canaryNames) != 40 {
		t.Fatalf("%d names", len(canaryNames))
	}
	r := mask.Default()
	for sink, send := range sinks {
		for i, name := range canaryNames {
			if got := send(r, name, canary(i)); strings.Contains(got, canary(i)) {
				t.Errorf("%s, %s: %s", sink, name, got)
			}
		}
	}
}

// unnamed are values that must be recognised without a name.
var unnamed = []string{
	"AKIAIOSFODNN7EXAMPLE", "ghp_abcdefghij0123456789", "sk_live_4eC39HqLyjWDarjtT1", "xoxb-1234567890-abc", "sk-ant-api03-AbCdEfGh0123",
	"AIzaSyA1234567890abcdefghijk", jwt, "4111111111111111", "postgres://u:Canary7@h/db", "u:Canary7@tcp(h:3306)/db",
}

func TestT11_UnnamedSecretsThroughEverySink(t *testing.T) {
	t.Parallel()
	r := mask.Default()
	for _, secret := range unnamed {
		for sink, got := range map[string]string{
			"text":       r.Text("a " + secret + " b"),
			"value":      r.Value("note", secret),
			"query":      r.Query("note=" + url.QueryEscape("see "+secret)),
			"query flag": r.Query("a&" + url.QueryEscape(secret)),
			"form":       fmt.Sprint(r.Form(url.Values{"note": {secret}, secret: {"x"}})),
			"path":       r.URL("/orders/" + url.PathEscape(secret)),
			"user agent": r.Header("User-Agent", "bot "+secret),
			"json":       string(r.JSON([]byte(`{"note":"see ` + secret + `","` + secret + `":1}`))),
			"args":       fmt.Sprint(r.Args([]string{"app", secret, "--note=" + secret, "--" + secret})),
			"struct":     r.Struct(struct{ Note, Other any }{secret, errors.New("at " + secret)}, 0),
			"map key":    r.Struct(map[string]int{secret: 1}, 0),
			"cookies":    r.Cookies("a=" + strings.ReplaceAll(secret, ":", "")),
		} {
			if strings.Contains(got, secret) || strings.Contains(got, "Canary7") {
				t.Errorf("%s: %s", sink, got)
			}
		}
	}
}

func TestT11_JSONNumbersMayBeCards(t *testing.T) {
	t.Parallel()
	got := mask.Default().JSON([]byte(`{"n":4111111111111111,"m":12}`))
	if !bytes.Equal(got, []byte(`{"n":"[redacted]","m":12}`)) {
		t.Errorf("%s", got)
	}
}
