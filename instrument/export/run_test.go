package export_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/export"
)

// tool gives the path of a program that CI has.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is needed: %v", name, err)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// seen is what a server got.
type seen struct {
	method, uri, host, body string
	header                  http.Header
	form                    map[string][]string
	files                   map[string]string
}

// server answers with 201 and tells what it got.
func server(t *testing.T) (address string, last func() *seen) {
	t.Helper()
	arrived := make(chan *seen, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := &seen{method: r.Method, uri: r.RequestURI, host: r.Host, header: r.Header}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
			if err := r.ParseMultipartForm(1 << 20); err != nil {
				t.Error(err)
				return
			}
			got.form, got.files = r.MultipartForm.Value, map[string]string{}
			for field, files := range r.MultipartForm.File {
				got.files[field] = files[0].Filename + " " + files[0].Header.Get("Content-Type")
			}
		} else {
			b, _ := io.ReadAll(r.Body)
			got.body = string(b)
		}
		arrived <- got
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, "made")
	}))
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://"), func() *seen { return <-arrived }
}

// at moves a recorded request to another address.
func at(rec *instrument.Record, address string) *instrument.Record {
	host, port, _ := strings.Cut(address, ":")
	n, _ := strconv.ParseInt(port, 10, 64)
	for i := range rec.Attrs {
		switch rec.Attrs[i].Key {
		case "server.address":
			rec.Attrs[i].Value = host
		case "server.port":
			rec.Attrs[i].Value = n
		}
	}
	return rec
}

var environment = []string{"ACCESS_TOKEN=t0", "AUTHORIZATION=Bearer t1", "SESSION=t2", "X_API_KEY=t3", "PASSWORD=p 4", "TOKEN=$t5`", "PIN=6"}

// wantCheckout is what checkout looks like with its secrets put in.
func wantCheckout(t *testing.T, got *seen, address string) {
	t.Helper()
	if !strings.Contains(got.header.Get("Accept-Encoding"), "gzip") {
		t.Error("no encoding is accepted")
	}
	for what, pair := range map[string][2]string{
		"method":        {got.method, "POST"},
		"target":        {got.uri, "/orders/7/items?dry=1&q=a+b&access_token=t0"},
		"host":          {got.host, address},
		"body":          {got.body, `{"sku":"it's \"fine\"","password":"p 4","token":"$t5` + "`" + `"}`},
		"Authorization": {got.header.Get("Authorization"), "Bearer t1"},
		"Cookie":        {got.header.Get("Cookie"), "session=t2; theme=dark"},
		"X-Api-Key":     {got.header.Get("X-Api-Key"), "t3"},
		"Content-Type":  {got.header.Get("Content-Type"), "application/json"},
		"User-Agent":    {got.header.Get("User-Agent"), "Browser/1.0"},
		"Traceparent":   {got.header.Get("Traceparent"), ""},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
}

func wantUpload(t *testing.T, got *seen) {
	t.Helper()
	if fmt.Sprint(got.form) != "map[note:[it's] pin:[6] title:[My photo]]" {
		t.Errorf("form %v", got.form)
	}
	if name := strings.ReplaceAll(got.files["photo"], "%22", `"`); !strings.Contains(name, `holiday "1".png`) { // curl may encode it as browsers do
		t.Errorf("files %v", got.files)
	}
}

func TestCurl_MakesTheRequestAgain(t *testing.T) {
	t.Parallel()
	tool(t, "curl")
	sh := tool(t, "sh")
	address, got := server(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, `holiday "1".png`), []byte("png"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(rec *instrument.Record) {
		text, err := export.Curl(at(rec, address))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(sh, "-c", text)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), environment...)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.HasSuffix(string(out), "made") {
			t.Fatalf("%v: %s\n%s", err, out, text)
		}
	}
	run(checkout())
	wantCheckout(t, got(), address)
	run(upload())
	wantUpload(t, got())
	run(record("PUT", "/x", 201, kv("http.request.body.kind", "text"), kv("http.request.body", "@/etc/passwd")))
	if got := got(); got.body != "@/etc/passwd" || got.header["Content-Type"] != nil || got.method != "PUT" {
		t.Errorf("%+v", got)
	}
}

func TestGoClient_MakesTheRequestAgain(t *testing.T) {
	t.Parallel()
	gotool := tool(t, "go")
	address, got := server(t)
	dir := t.TempDir()
	run := func(rec *instrument.Record) {
		text, err := export.GoClient(at(rec, address))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "main.go")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(gotool, "run", file)
		cmd.Env = append(os.Environ(), environment...)
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != "201 Created\nmade" {
			t.Fatalf("%v: %s\n%s", err, out, text)
		}
	}
	run(checkout())
	wantCheckout(t, got(), address)
	run(upload())
	wantUpload(t, got())
}

// TestGoTest_PassesWithTheApp: the generated test compiles as it is and fails for want of a
// handler, and with one that answers as before it passes.
func TestGoTest_PassesWithTheApp(t *testing.T) {
	t.Parallel()
	gotool := tool(t, "go")
	for name, rec := range map[string]*instrument.Record{"checkout": checkout(), "upload": upload()} {
		text, err := export.GoTest(rec)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		write := func(file, text string) {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		test := func() string {
			cmd := exec.Command(gotool, "test", "./...")
			cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off"), environment...)
			out, _ := cmd.CombinedOutput() // the text says whether it failed
			return string(out)
		}
		write("go.mod", "module app\n\ngo 1.26.0\n")
		write("app_test.go", text)
		if out := test(); !strings.Contains(out, "handler is nil") {
			t.Errorf("%s, as it is: %s", name, out)
		}
		app := fmt.Sprintf("http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {\n"+
			"\tif err := r.ParseForm(); err != nil || r.Host != \"shop.test:8080\" {\n\t\tt.Error(err, r.Host)\n\t}\n\tw.WriteHeader(%d)\n})", rec.Status)
		write("app_test.go", strings.Replace(text, "var handler http.Handler //", "var handler http.Handler = "+app+" //", 1))
		if out := test(); !strings.HasPrefix(out, "ok") {
			t.Errorf("%s, with a handler: %s\n%s", name, out, text)
		}
	}
}

// hostile are texts that end quotes, begin comments, options and escapes.
var hostile = []string{
	"", "plain", "it's", `"; rm -rf / #`, "$(id)", "`id`", "$HOME", "a\nb", "a\r\nX: y", "\x1b[2J\x1b]0;x\x07", "\x1b[201~id\n",
	"!!", "!$", "--output=/etc/passwd", "-K/etc/passwd", "@/etc/passwd", `\`, `\'`, `'\''`, "\xff\xfe", "\u202egnp", "\u200b", "&& id", "| id", "> f",
	"a\tb", "{a,b}", "[1-9]", "*", "~", "#x", "a=b", "\x7f", "é漢🎉", "%s%n", "${IFS}id", "[redacted]", "x[redacted]y[redaction failed]", "\\n", "\u0085",
}

// words are the arguments that a shell makes of a command.
func words(t *testing.T, shell, command string) []string {
	t.Helper()
	cmd := exec.Command(shell, "-c", "curl() { for a in \"$@\"; do printf '%s\\000' \"$a\"; done; }\n"+command)
	cmd.Env = []string{"PATH=/nonexistent"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v in\n%s", err, command)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// TestCurl_HostileTextStaysOneArgument: a shell gives curl every byte of a body as one
// argument, and nothing that a terminal acts on stands in the command.
func TestCurl_HostileTextStaysOneArgument(t *testing.T) {
	t.Parallel()
	bash, sh := tool(t, "bash"), tool(t, "sh")
	for _, text := range hostile {
		if text == "" {
			continue
		}
		command, err := export.Curl(record("POST", "/"+text, 200, kv("url.query", text), kv("http.request.header.accept", text),
			kv("http.request.headers_hidden", ""), kv("http.request.body.kind", "text"), kv("http.request.body", text)))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range command {
			if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == '\u202e' || r == utf8.RuneError {
				t.Errorf("%q is in the command %q", r, command)
			}
		}
		shells := []string{bash}
		if !strings.Contains(command, "$'") {
			shells = append(shells, sh)
		}
		want := strings.NewReplacer("[redacted]", "", "[redaction failed]", "").Replace(text)
		for _, s := range shells {
			args := words(t, s, command)
			if got := args[len(args)-1]; got != want {
				t.Errorf("%s: %q became %q by\n%s", s, want, got, command)
			}
			if len(args) > 1 && (!strings.HasPrefix(args[0], "http://shop.test:8080/") || strings.ContainsAny(args[0], " \n\x1b\"")) {
				t.Errorf("%s: the address became %q", s, args[0])
			}
		}
	}
}

// TestCurlCall_HostileTextStaysOneArgument is the same for calls that the app made.
func TestCurlCall_HostileTextStaysOneArgument(t *testing.T) {
	t.Parallel()
	bash := tool(t, "bash")
	for _, text := range hostile {
		if text == "" {
			continue
		}
		call := &instrument.RecordSpan{Handler: instrument.HandlerInfo{Kind: instrument.KindCall}}
		call.Attrs = []instrument.KV{
			kv("http.request.method", "POST"), kv("url.full", "http://pay.test/"+text+"?"+text), kv("http.request.headers", "X-Text: "+text), kv("http.request.body", text),
		}
		command, err := export.CurlCall(call)
		if err != nil {
			t.Fatal(err)
		}
		args := words(t, bash, command)
		want := strings.NewReplacer("[redacted]", "", "[redaction failed]", "").Replace(text)
		if got := args[len(args)-1]; got != want {
			t.Errorf("%q became %q by\n%s", want, got, command)
		}
		if !strings.HasPrefix(args[0], "http://pay.test/") || strings.ContainsAny(args[0], " \n\x1b\"") {
			t.Errorf("the address became %q", args[0])
		}
	}
}

// FuzzCurl reads the command back by the rules of a shell: whatever a client sent, it is
// one argument, byte by byte.
func FuzzCurl(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || strings.Contains(text, "[redact") || strings.ContainsRune(text, 0) {
			return
		}
		command, err := export.Curl(record("POST", "/", 200, kv("http.request.body.kind", "text"), kv("http.request.body", text)))
		if err != nil {
			t.Fatal(err)
		}
		_, arg, _ := strings.Cut(command, "--data-raw ")
		got, rest := unquote(t, strings.TrimSuffix(arg, "\n"))
		if got != text || rest != "" {
			t.Errorf("%q became %q, and %q is left, by %s", text, got, rest, command)
		}
	})
}

// unquote reads one word of a shell.
func unquote(t *testing.T, s string) (word, rest string) {
	t.Helper()
	var b bytes.Buffer
	for s != "" && s[0] != ' ' && s[0] != '\n' {
		switch {
		case strings.HasPrefix(s, "$'"):
			s = s[2:]
			for s[0] != '\'' {
				if s[0] != '\\' {
					b.WriteByte(s[0])
					s = s[1:]
					continue
				}
				switch c := s[1]; {
				case c == 'n':
					b.WriteByte('\n')
					s = s[2:]
				case c >= '0' && c <= '3':
					n, err := strconv.ParseUint(s[1:4], 8, 8)
					if err != nil {
						t.Fatal(err)
					}
					b.WriteByte(byte(n))
					s = s[4:]
				default:
					b.WriteByte(c)
					s = s[2:]
				}
			}
			s = s[1:]
		case s[0] == '\'':
			end := strings.IndexByte(s[1:], '\'')
			b.WriteString(s[1 : 1+end])
			s = s[end+2:]
		case s[0] == '\\':
			b.WriteByte(s[1])
			s = s[2:]
		default:
			if strings.IndexByte("$`\"&|;<>(){}*?[]~#!", s[0]) >= 0 {
				t.Fatalf("%q stands bare", s)
			}
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	return b.String(), s
}

// TestGoCode_HostileTextStaysInItsPlace: whatever is in a request, the program is formatted
// as gofmt has it, which it could not be if a text ended where it should not.
func TestGoCode_HostileTextStaysInItsPlace(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		for _, write := range []func(*instrument.Record) (string, error){export.GoClient, export.GoTest} {
			got, err := write(record("POST"+text, "/"+text, 200, kv("url.query", text), kv("http.request.header.accept", text),
				kv("http.request.body.kind", "text"), kv("http.request.body", text)))
			if err != nil {
				t.Fatal(err)
			}
			mustBeFormatted(t, got)
		}
		form := upload()
		form.Attrs = append(form.Attrs, kv("http.request.form", "a="+strings.ReplaceAll(text, "%", "%25")))
		got, err := export.GoTest(form)
		if err != nil {
			t.Fatal(err)
		}
		mustBeFormatted(t, got)
	}
}
