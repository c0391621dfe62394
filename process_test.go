package debugtoolbar

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// use is one use of what another package offers, by a file of ours.
type use struct {
	pkg      string // of ours, as in rules: "web", "contrib/chi"
	what     string // "os.Exit"
	at       string
	assigned bool // it is set, or its address is taken
}

// exempt are uses that are meant, by package or by package and what, with the reason.
type exempt map[string]string

func (e exempt) has(u use) bool { return e[u.pkg] != "" || e[u.pkg+" "+u.what] != "" }

// processState are names that read or change what belongs to the whole process, and so to
// the app. "x.*" stands for all of a package, "x.Set*" for what begins so.
var processState = []string{
	"os/signal.*", "os.Exit", "os.Setenv", "os.Unsetenv", "os.Clearenv", "os.Chdir", "os.Chmod", "os.StartProcess", "os/exec.*",
	"log.Set*", "log.Fatal*", "log.Panic*", "log.Print*", "log.Output", "log.Default", "log/slog.SetDefault", "log/slog.SetLogLoggerLevel",
	"net/http.DefaultServeMux", "net/http.Handle", "net/http.HandleFunc", "net/http/pprof.*", "expvar.*",
	"runtime.GOMAXPROCS", "runtime.Set*", "runtime.LockOSThread", "runtime/debug.Set*", "runtime.MemProfileRate", "runtime.GC", "runtime/debug.FreeOSMemory",
	"runtime/pprof.StartCPUProfile", "runtime/trace.*", "runtime/pprof.NewProfile",
	"syscall.Umask", "syscall.Set*", "syscall.Kill", "syscall.Dup*", "syscall.Exec", "syscall.Chdir", "golang.org/x/sys/unix.Set*",
	"flag.*", "math/rand.Seed", "time.LoadLocation", "github.com/prometheus/client_golang/prometheus.MustRegister",
	"github.com/prometheus/client_golang/prometheus.Register", "github.com/prometheus/client_golang/prometheus.DefaultRegisterer",
	"go.opentelemetry.io/otel.Set*",
}

// meant are the uses of processState that an app asks for by calling them.
var meant = exempt{
	"cmd/toolbar":                             "a program of its own",
	"web/gallery":                             "a program of its own",
	"instrument/metrics/metricstest":          "starts a Prometheus for tests",
	"commands os/signal.Ignored":              "commands.Main is the app's main function",
	"commands os/signal.Notify":               "commands.Main is the app's main function",
	"commands os/signal.Stop":                 "commands.Main is the app's main function",
	"middleware log.Printf":                   "the server's own line, in its own words, when it has no ErrorLog",
	"commands runtime/pprof.StartCPUProfile":  "the command was called with --profile",
	"commands runtime/trace.Start":            "the command was called with --profile",
	"commands runtime/trace.Stop":             "the command was called with --profile",
	"commands runtime.GC":                     "before a profile of the heap that the command was called for",
	"instrument/collect runtime.LockOSThread": "while the writer's own goroutine measures itself",
	"toolbar flag.VisitAll":                   "flags are read, to show them",
	"toolbar flag.Flag":                       "flags are read, to show them",
	"toolbar runtime.GOMAXPROCS":              "with 0 it is read",
	"commands runtime.GOMAXPROCS":             "with 0 it is read",
	"instrument/host runtime.GOMAXPROCS":      "with 0 it is read",
}

// TestF05_LibrariesNeverTouchTheProcess looks at every package that apps may link.
func TestF05_LibrariesNeverTouchTheProcess(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, u := range usesOf(t) {
		if u.assigned {
			t.Errorf("%s: package %s sets %s: that is the process's", u.at, u.pkg, u.what)
		}
		if !matches(processState, u.what) {
			continue
		}
		used[u.pkg], used[u.pkg+" "+u.what] = true, true
		if !meant.has(u) {
			t.Errorf("%s: package %s uses %s: that is the process's, and so the app's", u.at, u.pkg, u.what)
		}
	}
	for key := range meant {
		if !used[key] {
			t.Errorf("nothing needs the exception %q", key)
		}
	}
}

// dials are names by which something is asked for over a network, or could be.
var dials = []string{
	"net.Dial*", "net.Dialer", "net.Lookup*", "net.Resolver", "net.DefaultResolver", "net.Resolve*", "net.Listen*", "net.FileConn",
	"net/http.Client", "net/http.DefaultClient", "net/http.Get", "net/http.Head", "net/http.Post*", "net/http.Transport", "net/http.DefaultTransport",
	"net/http/httputil.*", "net/rpc.*", "net/smtp.*", "crypto/tls.Dial*", "crypto/tls.Dialer", "syscall.Socket", "syscall.Connect", "plugin.*", "os/exec.*",
	"golang.org/x/net/*", "google.golang.org/grpc.*",
}

// called are the packages and names that ask, because that is what they were called for.
var called = exempt{
	"cmd/toolbar":                                  "asks the app whose address its user gives",
	"middleware/middlewaretest":                    "tests over a socket",
	"instrument/notify/webhook":                    "posts to the address that the app gives it; nothing of ours links it",
	"instrument/metrics/metricstest":               "asks the Prometheus that it has started",
	"toolbar net/http.DefaultTransport":            "what Transport(nil) stands before: the app's own calls go through it",
	"instrument/httptap net/http.DefaultTransport": "what Transport(nil) stands before: the app's own calls go through it",
	"commands net/http.DefaultTransport":           "what Transport(nil) stands before: the app's own calls go through it",
}

// TestT10_T26_LibrariesAskNobody holds that no package that apps link has the means to ask
// anybody for anything: what replays requests to addresses that its caller names needs them.
func TestT10_T26_LibrariesAskNobody(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, u := range usesOf(t) {
		if !matches(dials, u.what) {
			continue
		}
		used[u.pkg], used[u.pkg+" "+u.what] = true, true
		if !called.has(u) {
			t.Errorf("%s: package %s uses %s: it could ask others, in the app's name", u.at, u.pkg, u.what)
		}
	}
	for key := range called {
		if !used[key] {
			t.Errorf("nothing needs the exception %q", key)
		}
	}
}

// TestT20_LogLinesAreConstantTextsAndAttributes holds that libraries log by slog alone, that
// their messages are constants, and that nothing else writes to the app's standard output
// or error: what comes from outside is an attribute, which handlers quote.
func TestT20_LogLinesAreConstantTextsAndAttributes(t *testing.T) {
	t.Parallel()
	// The message's place among the arguments.
	place := map[string]int{
		"Debug": 0, "Info": 0, "Warn": 0, "Error": 0, "DebugContext": 1, "InfoContext": 1, "WarnContext": 1, "ErrorContext": 1, "Log": 2, "LogAttrs": 2,
	}
	variable := exempt{
		"instrument/collect": "one of two constants of its callers",
		"middleware":         "the status in words, and the path in its escaped form: fuzzed there",
		"commands":           "a command's own error, as JSON",
		"cmd/toolbar":        "a program of its own",
	}
	lines := 0
	eachFile(t, func(pkg, file string, f *ast.File, fset *token.FileSet) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			i, ok := place[sel.Sel.Name]
			sure := strings.HasSuffix(sel.Sel.Name, "Context") || sel.Sel.Name == "LogAttrs"
			if !ok || len(call.Args) <= i || !sure && !logger(sel.X) {
				return true
			}
			lines++
			if lit, ok := call.Args[i].(*ast.BasicLit); (!ok || lit.Kind != token.STRING) && variable[pkg] == "" {
				t.Errorf("%s: the message of a log line is no constant", fset.Position(call.Pos()))
			}
			return true
		})
	})
	if lines < 20 {
		t.Errorf("%d calls that log were found: the test does not see them", lines)
	}
	for _, u := range usesOf(t) {
		if matches([]string{"os.Stdout", "os.Stderr", "fmt.Print*", "log.Print*", "log.New"}, u.what) {
			switch u.pkg + " " + u.what {
			case "commands os.Stdout", "commands os.Stderr", "middleware log.Printf", "middleware/middlewaretest log.New":
				continue // a command's own; the server's own line; tests
			}
			if u.pkg != "cmd/toolbar" && u.pkg != "web/gallery" {
				t.Errorf("%s: package %s uses %s: lines are told by slog", u.at, u.pkg, u.what)
			}
		}
	}
}

// TestF32_EveryQuestionToADatabaseHasAContext holds that what the toolbar itself asks a database
// can be given up: no call without a context, and none with one that never ends. The taps
// pass on the app's own calls.
func TestF32_EveryQuestionToADatabaseHasAContext(t *testing.T) {
	t.Parallel()
	taps := []string{"instrument/sqltap", "signals/modelsignals"}
	bare := []string{"Query", "QueryRow", "Exec", "Prepare", "Begin", "Ping", "Conn"}
	calls := 0
	eachFile(t, func(pkg, file string, f *ast.File, fset *token.FileSet) {
		if !slices.Contains(slices.Collect(maps.Values(importNames(t, f))), "database/sql") || slices.Contains(taps, pkg) || strings.HasPrefix(pkg, "contrib/") || pkg == "tasks" {
			return // pgx's methods, which tasks calls, take a context each
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			name := sel.Sel.Name
			switch {
			case name == "Query" && len(call.Args) == 0, name == "Prepare" && len(call.Args) == 0: // of an address
			case slices.Contains(bare, name) && name != "Conn":
				t.Errorf("%s: %s has no context", fset.Position(call.Pos()), name)
			case strings.HasSuffix(name, "Context") && slices.Contains(bare, strings.TrimSuffix(name, "Context")) || name == "BeginTx" || name == "Conn":
				calls++
				if len(call.Args) > 0 && endless(call.Args[0]) && !(len(call.Args) == 2 && ending(call.Args[1])) {
					t.Errorf("%s: the context of %s never ends", fset.Position(call.Pos()), name)
				}
			}
			return true
		})
	})
	if calls < 40 {
		t.Errorf("%d calls were found: the test does not see them", calls)
	}
}

// ending tells that a statement ends what was begun, which has to be done also when nobody
// waits any more; SQLite alone is told so.
func ending(x ast.Expr) bool {
	lit, ok := x.(*ast.BasicLit)
	return ok && slices.Contains([]string{`"COMMIT"`, `"ROLLBACK"`, `"PRAGMA query_only = 0"`}, lit.Value)
}

// endless tells that an expression is a context without an end.
func endless(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && (sel.Sel.Name == "Background" || sel.Sel.Name == "TODO" || sel.Sel.Name == "WithoutCancel")
}

// logger tells that an expression names a logger: slog itself, or what is called so.
func logger(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name == "slog" || x.Name == "logger" || x.Name == "log"
	case *ast.SelectorExpr:
		return strings.EqualFold(x.Sel.Name, "logger") || x.Sel.Name == "log"
	case *ast.CallExpr:
		return logger(x.Fun)
	}
	return false
}

// matches tells whether a name is in a list, where a * at the end stands for anything.
func matches(list []string, what string) bool {
	return slices.ContainsFunc(list, func(p string) bool {
		begin, all := strings.CutSuffix(p, "*")
		return what == p || all && strings.HasPrefix(what, begin)
	})
}

// usesOf finds the uses of other packages' names in all that apps may link.
func usesOf(t *testing.T) (all []use) {
	t.Helper()
	eachFile(t, func(pkg, file string, f *ast.File, fset *token.FileSet) {
		imports := importNames(t, f)
		name := func(n ast.Node) string {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return ""
			}
			if id, ok := sel.X.(*ast.Ident); ok && imports[id.Name] != "" {
				return imports[id.Name] + "." + sel.Sel.Name
			}
			return ""
		}
		for local, imp := range imports {
			if local == "_:"+imp || local == "." { // for its effects alone
				all = append(all, use{pkg: pkg, what: imp + ".init", at: file})
			}
		}
		set := map[ast.Node]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, l := range n.Lhs {
					set[l] = true
				}
			case *ast.IncDecStmt:
				set[n.X] = true
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					set[n.X] = true
				}
			case *ast.SelectorExpr:
				if what := name(n); what != "" {
					all = append(all, use{pkg, what, fset.Position(n.Pos()).String(), set[n]})
				}
			}
			return true
		})
	})
	if len(all) < 5000 {
		t.Fatalf("%d uses were found: the test does not see them", len(all))
	}
	return all
}

// importNames gives the import paths of a file by the names that they have in it.
func importNames(t *testing.T, f *ast.File) map[string]string {
	t.Helper()
	names := map[string]string{}
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		local := path.Base(imp)
		if len(local) > 1 && local[0] == 'v' && strings.Trim(local[1:], "0123456789") == "" {
			local = path.Base(path.Dir(imp))
		}
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if local == "_" {
			local += ":" + imp
		}
		names[local] = imp
	}
	return names
}

// eachFile calls fn with every file of every package that apps may link: those of the core,
// of contrib and of tasks, without tests, generators, and packages that are internal.
func eachFile(t *testing.T, fn func(pkg, file string, f *ast.File, fset *token.FileSet)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file == "demo" || file == "bench" || file == "internal" || name == "testdata" || name != "." && strings.HasPrefix(name, ".") ||
				strings.HasPrefix(file, "contrib") && name == "internal" {
				return fs.SkipDir
			}
			return nil
		}
		if base := path.Base(filepath.ToSlash(file)); !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") || strings.HasPrefix(base, "gen_") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		fn(path.Dir(filepath.ToSlash(file)), filepath.ToSlash(file), f, fset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
