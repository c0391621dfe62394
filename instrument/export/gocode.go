package export

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// GoClient is a Go program that makes the request again and prints the response. What was
// hidden is read from the environment. It is formatted as gofmt does.
func GoClient(rec *instrument.Record) (string, error) {
	q, err := requestOf(rec)
	if err != nil {
		return "", err
	}
	g := newGoCode(q)
	g.imports("fmt", "io", "log", "net/http", "os")
	body := g.body()
	g.line("req, err := http.NewRequest(%s, %s, %s)", quoteGo(q.method), g.text(q.url(), "url"), or(body, "nil"))
	g.fatal()
	g.headers(func(f field) bool { return f.name != "Accept-Encoding" }) // the transport asks and unpacks by itself
	g.line("res, err := http.DefaultTransport.RoundTrip(req) // as it was made: redirects are not followed")
	g.fatal()
	g.line("defer res.Body.Close()")
	g.line("fmt.Println(res.Status)")
	g.line("if _, err := io.Copy(os.Stdout, res.Body); err != nil {")
	g.line("\tlog.Fatal(err)")
	g.line("}")
	return g.file(fmt.Sprintf("This program makes %s again", q.title()), "main", "func main() {"), nil
}

// GoTest is a test of an app's handler with the request, which expects the status that it
// had. What was hidden is read from the environment. It is formatted as gofmt does.
func GoTest(rec *instrument.Record) (string, error) {
	q, err := requestOf(rec)
	if err != nil {
		return "", err
	}
	g := newGoCode(q)
	g.imports("net/http", "net/http/httptest", "testing")
	g.line("var handler http.Handler // set it to the app's handler")
	g.line("if handler == nil {")
	g.line("\tt.Fatal(\"handler is nil: set it to the app's handler\")")
	g.line("}")
	g.inTest = true
	body := g.body()
	g.line("req := httptest.NewRequest(%s, %s, %s)", quoteGo(q.method), g.text(q.target(), "url"), or(body, "nil"))
	g.line("req.Host = %s", quoteGo(q.host))
	g.headers(func(field) bool { return true })
	g.line("res := httptest.NewRecorder()")
	g.line("handler.ServeHTTP(res, req)")
	if q.status > 0 {
		g.line("if res.Code != %d {", q.status)
		g.line("\tt.Errorf(\"status %%d, want %d\\n%%s\", res.Code, res.Body)", q.status)
		g.line("}")
	}
	return g.file(fmt.Sprintf("%s is %s as it was recorded", q.testName(), q.title()), "app_test", "func "+q.testName()+"(t *testing.T) {"), nil
}

// title is the request in a few words, in one line.
func (q *request) title() string { return term.Line(q.method + " " + q.path) }

// testName is a name for a test made of the method and the route.
func (q *request) testName() string {
	_, route, ok := strings.Cut(q.rec.Handler.Name, " ")
	if !ok || !strings.HasPrefix(route, "/") {
		route = q.path
	}
	name := "Test" + word(strings.ToLower(q.method))
	for part := range strings.FieldsFuncSeq(route, func(r rune) bool { return !isLetter(r) && (r < '0' || r > '9') }) {
		name += word(part)
		if len(name) > maxTestName {
			break
		}
	}
	return name
}

const maxTestName = 60

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if isLetter(r) || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// goCode is a function of a Go program as it is written.
type goCode struct {
	q       *request
	secrets secrets
	used    map[string]bool // packages
	lines   []string
	inTest  bool
}

func newGoCode(q *request) *goCode { return &goCode{q: q, used: map[string]bool{}} }

func (g *goCode) imports(pkgs ...string) {
	for _, p := range pkgs {
		g.used[p] = true
	}
}

func (g *goCode) line(format string, args ...any) {
	g.lines = append(g.lines, "\t"+fmt.Sprintf(format, args...))
}

func (g *goCode) fatal() {
	g.line("if err != nil {")
	if g.inTest {
		g.line("\tt.Fatal(err)")
	} else {
		g.line("\tlog.Fatal(err)")
	}
	g.line("}")
}

// text is a text as an expression that is one argument of several. gofmt leaves the blanks
// around "+" out there.
func (g *goCode) text(s, name string) string { return g.joined(s, name, "+") }

func (g *goCode) joined(s, name, plus string) string {
	var parts []string
	for _, p := range g.secrets.split(s, name) {
		if p.secret != "" {
			g.imports("os")
			parts = append(parts, "os.Getenv("+strconv.Quote(p.secret)+")")
		} else {
			parts = append(parts, quoteGo(p.literal))
		}
	}
	return strings.Join(parts, plus)
}

// headers sets those that are to be sent.
func (g *goCode) headers(wanted func(field) bool) {
	for _, f := range g.q.sent() {
		if wanted(f) {
			g.line("req.Header.Set(%s, %s)", quoteGo(f.name), g.text(f.value, f.name))
		}
	}
	if g.q.multipart() {
		g.line("req.Header.Set(\"Content-Type\", form.FormDataContentType())")
	}
}

// body writes what makes the body, and gives the expression for it.
func (g *goCode) body() string {
	switch {
	case g.q.multipart():
		return g.form()
	case g.q.body.text != "":
		g.imports("strings")
		g.line("body := strings.NewReader(%s)", g.joined(g.q.body.text, "body", " + "))
		return "body"
	}
	return ""
}

func (g *goCode) form() string {
	g.imports("bytes", "mime/multipart")
	g.line("var body bytes.Buffer")
	g.line("form := multipart.NewWriter(&body)")
	for name, values := range sorted(g.q.form) {
		for _, v := range values {
			g.line("if err := form.WriteField(%s, %s); err != nil {", quoteGo(name), g.text(v, name))
			g.line("\t%s(err)", g.failing())
			g.line("}")
		}
	}
	for _, f := range g.q.files {
		g.imports("io")
		g.line("if file, err := form.CreateFormFile(%s, %s); err != nil {", quoteGo(f.Field), quoteGo(f.Name))
		g.line("\t%s(err)", g.failing())
		g.line("} else if _, err := io.WriteString(file, \"its content is not kept\"); err != nil {")
		g.line("\t%s(err)", g.failing())
		g.line("}")
	}
	g.line("if err := form.Close(); err != nil {")
	g.line("\t%s(err)", g.failing())
	g.line("}")
	return "&body"
}

func (g *goCode) failing() string {
	if g.inTest {
		return "t.Fatal"
	}
	return "log.Fatal"
}

// file is the whole file.
func (g *goCode) file(title, pkg, head string) string {
	var b strings.Builder
	notes := append([]string{title + "."}, g.secrets.notes()...)
	for _, n := range append(notes, g.q.notes()...) {
		fmt.Fprintf(&b, "// %s\n", term.Line(n))
	}
	fmt.Fprintf(&b, "\npackage %s\n\nimport (\n", pkg)
	for _, p := range slices.Sorted(maps.Keys(g.used)) {
		fmt.Fprintf(&b, "\t%q\n", p)
	}
	fmt.Fprintf(&b, ")\n\n%s\n%s\n}\n", head, strings.Join(g.lines, "\n"))
	return b.String()
}

// quoteGo is s as a Go literal: a raw one where that is easier to read.
func quoteGo(s string) string {
	if strings.ContainsAny(s, `"\`) && strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

// sorted gives the entries of a form by their names.
func sorted(form map[string][]string) iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		for _, name := range slices.Sorted(maps.Keys(form)) {
			if !yield(name, form[name]) {
				return
			}
		}
	}
}
