package debugtoolbar

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// modulePath is the core's import path; packages are named below without it.
const modulePath = "github.com/go-debug-toolbar/debugtoolbar"

// rule says what a package of this project may import besides the standard
// library, and why. A name that ends in "/..." means everything below it too.
type rule struct {
	pkg string
	may []string
	why string
}

// rules are read from the top; the first that names a package holds. Every package
// must have one: a new room in the house is a decision.
var rules = []rule{
	{"instrument", nil, "every app that only wants signals or middleware links it: standard library only"},
	{"instrument/instrumenttest", []string{"instrument", "instrument/sqltap"}, "users' tests link it, so no store and no driver; what is an N+1 is sqltap's to say"},
	{"instrument/mask", []string{"instrument"}, "runs before a Record is encoded, on the host's path"},
	{"instrument/collect", []string{"instrument"}, "knows a store only by the interface that it declares"},
	{"internal/backlog", nil, "bounded work off the path of whoever has it: knows nothing of what it is"},
	{"internal/soak", nil, "lets tests run long"},
	{"internal/tmpfs", nil, "mounts small file systems for tests"},
	{"instrument/exceptions", []string{"instrument"}, "what went wrong in a Record: a pure function, for store, pages, command line and error trackers alike"},
	{"instrument/reporter", []string{"instrument", "instrument/exceptions", "internal/backlog"}, "tells another system of errors; which one is the app's business"},
	{"instrument/notify", []string{"internal/backlog"}, "tells other systems of what pages found; how that is found is not its business"},
	{"instrument/notify/webhook", []string{"instrument/notify"}, "the only one that asks other machines for something, so nothing else links it"},
	{"instrument/store", []string{"instrument", "instrument/exceptions", "instrument/query"}, "works on a *sql.DB that is given; which driver is not its business"},
	{"instrument/store/sqlitefile", []string{"instrument/store", "modernc.org/sqlite", "modernc.org/sqlite/..."}, "the only importer of the driver, so that a store on PostgreSQL does not link it"},
	{"instrument/report", []string{"instrument", "instrument/query", "instrument/report/term"}, "pure functions over queries, used by CLI and web alike"},
	{"instrument/report/budget", []string{"instrument", "instrument/query", "instrument/report", "instrument/report/nplusone", "instrument/report/term", "go.yaml.in/yaml/v3"}, "limits that a build is held to; the only reader of YAML"},
	{"instrument/report/nplusone", []string{"instrument", "instrument/query", "instrument/sqltap"}, "what sqltap finds in one Record, over the Records of a store"},
	{"instrument/report/term", nil, "makes captured text safe to print: strings in, strings out"},
	{"instrument/export", []string{"instrument", "instrument/report/term"}, "pure functions from a Record to text, used by pages and the command line alike"},
	{"instrument/metrics", []string{"instrument", "instrument/jobs", "github.com/prometheus/..."}, "Prometheus' client stays out of apps that do not mount metrics"},
	{"instrument/metrics/metricstest", nil, "starts a Prometheus for tests"},
	{"instrument/jobs", []string{"instrument"}, "the vocabulary of queues: pages and metrics ask, an engine's module answers"},
	{"instrument/query", []string{"instrument", "instrument/exceptions"}, "the vocabulary of stores: what may be asked, and the answers"},
	{"instrument/filter", []string{"instrument", "instrument/query"}, "one language for command line, pages and API: text in, a query's condition out"},
	{"instrument/sqltap", []string{"instrument", "instrument/explain", "instrument/mask"}, "apps link it beside their own driver; a statement's fingerprint is the rule that hides its values"},
	{"instrument/explain", []string{"instrument/mask"}, "asks any driver for a plan; hides the values that a plan repeats"},
	{"instrument/httptap", []string{"instrument", "instrument/mask"}, "apps link it beside their own transport; addresses, headers and bodies are masked by the rules for their form"},
	{"instrument/dump", []string{"instrument", "instrument/mask"}, "apps link it where they look at a value; it is masked before it becomes text"},
	{"instrument/cachetap", []string{"instrument", "instrument/mask"}, "apps link it beside their own cache; keys are masked by their parts"},
	{"instrument/host", nil, "reads the system when somebody looks"},
	{"instrument/rendertap", []string{"instrument", "instrument/mask"}, "apps link it beside their own templates; templ's components have one method, so templ is not linked"},
	{"instrument/slogtap", []string{"instrument"}, "apps link it beside their own log handler"},
	{"instrument/oteltrace", []string{"instrument", "instrument/mask", "instrument/sqltap", "instrument/oteltrace/internal/mark", "internal/backlog", "go.opentelemetry.io/otel/...", "go.opentelemetry.io/otel/trace/..."}, "OpenTelemetry's API alone: the SDK is for those who have it; statements are told as sqltap tells them"},
	{"instrument/oteltrace/internal/mark", []string{"go.opentelemetry.io/otel/trace"}, "what oteltrace and otelsdk tell each other in contexts"},
	{"instrument/oteltrace/otelsdk", []string{"instrument", "instrument/oteltrace", "instrument/oteltrace/internal/mark", "go.opentelemetry.io/otel/..."}, "the only importer of OpenTelemetry's SDK"},
	{"signals", []string{"instrument"}, "a signal in a library must not cost its users a dependency"},
	{"signals/signalhttp", []string{"signals"}, "the only part of signals that links net/http"},
	{"signals/modelsignals", []string{"instrument", "signals"}, "signals around database/sql, of any driver"},
	{"signals/framework", []string{"instrument", "signals"}, "stands on the recorder's hooks, so that middleware and commands know no signals"},
	{"signals/monitor", []string{"instrument", "signals"}, "counts receivers also where nothing records"},
	{"signals/signalstest", []string{"instrument", "signals"}, "users' tests link it"},
	{"middleware", []string{"instrument", "instrument/mask"}, "a stack in a library must not cost its users a dependency; bodies, forms and cookies are masked by the rules for their form"},
	{"middleware/middlewaretest", []string{"instrument", "middleware"}, "the suite for router adapters"},
	{"commands", []string{"instrument", "github.com/spf13/cobra", "github.com/spf13/pflag"}, "cobra is the command line that it stands on, and the only one"},
	{"commands/commandstest", []string{"instrument", "commands", "github.com/spf13/cobra"}, "users' tests link it"},
	{"web", []string{"instrument", "instrument/exceptions", "instrument/explain", "instrument/export", "instrument/filter", "instrument/host", "instrument/jobs", "instrument/notify", "instrument/query", "instrument/report", "instrument/sqltap", "signals", "web/view", "web/static", "github.com/a-h/templ"}, "pages ask through interfaces of their own, so that any store can serve them"},
	{"web/view", []string{"instrument", "instrument/report", "github.com/a-h/templ", "github.com/a-h/templ/runtime"}, "views draw what they are given and fetch nothing"},
	{"web/static", nil, "files and their names"},
	{"web/gallery", []string{"toolbar/widget", "web/view", "web/static", "github.com/a-h/templ"}, "previews and golden tests of views"},
	{"toolbar", []string{"instrument", "instrument/...", "internal/backlog", "signals", "signals/...", "middleware", "web", "web/static", "github.com/prometheus/...", "go.opentelemetry.io/otel/trace", "go.opentelemetry.io/otel/trace/noop", "go.opentelemetry.io/otel/sdk/trace"}, "the only place that wires the others; commands stay out, so that an app without them does not link cobra"},
	{"toolbar/widget", []string{"web/view", "github.com/a-h/templ", "github.com/a-h/templ/runtime"}, "parts for pages of an app's own: of the views, those alone that it offers"},
	{"toolbar/toolbartest", []string{"instrument/instrumenttest", "toolbar"}, "users' tests link it, with a store: those that want none link instrumenttest"},
	{"cmd/toolbar", []string{"instrument", "instrument/...", "signals", "web", "commands", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"}, "the CLI reads a file and has no app to wire; of signals it takes how they are described and drawn"},
}

func TestArchitecture_ImportsFollowTheRules(t *testing.T) {
	t.Parallel()
	for pkg, imports := range corePackages(t) {
		r, ok := ruleFor(pkg)
		if !ok {
			t.Errorf("package %s has no rule: say in rules what it may import, and why", pkg)
			continue
		}
		for _, imp := range imports {
			if !r.allows(imp) {
				t.Errorf("package %s imports %s, but %s", pkg, imp, r.why)
			}
		}
	}
}

// TestArchitecture_LightPackagesLinkTheStandardLibraryOnly follows imports through
// this module: what these three reach must be instrument and the standard library.
func TestArchitecture_LightPackagesLinkTheStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	packages := corePackages(t)
	for _, pkg := range []string{"signals", "middleware", "instrument"} {
		if _, ok := packages[pkg]; !ok {
			t.Errorf("package %s is not there", pkg)
		}
		for reached := range reachedFrom(packages, pkg) {
			if _, own := packages[reached]; !own {
				t.Errorf("package %s links %s: it may link the standard library only", pkg, reached)
			}
		}
	}
}

// TestArchitecture_OnlySqlitefileImportsTheDriver names the rule that matters most to
// a store on another engine.
func TestArchitecture_OnlySqlitefileImportsTheDriver(t *testing.T) {
	t.Parallel()
	for pkg, imports := range corePackages(t) {
		for _, imp := range imports {
			if strings.HasPrefix(imp, "modernc.org/sqlite") && pkg != "instrument/store/sqlitefile" {
				t.Errorf("package %s imports the SQLite driver", pkg)
			}
		}
	}
}

// taskRules are rules for the packages of the module in tasks: it links a queue and two
// databases, and must stay a library beside the toolbar.
var taskRules = []rule{
	{"tasks", []string{"instrument", "instrument/jobs", "instrument/mask", "signals", "signals/modelsignals", "github.com/riverqueue/river", "github.com/riverqueue/river/...", "github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/...", "github.com/robfig/cron/v3", "modernc.org/sqlite"}, "a queue on River: the page that shows it asks through instrument/jobs, so that neither links the other"},
	{"tasks/taskstest", []string{"instrument", "tasks", "github.com/riverqueue/river", "github.com/riverqueue/river/..."}, "users' tests link it"},
}

func TestArchitecture_TasksFollowTheRules(t *testing.T) {
	t.Parallel()
	for pkg, imports := range packagesOf(t, "tasks") {
		i := slices.IndexFunc(taskRules, func(r rule) bool { return r.pkg == pkg })
		if i < 0 {
			t.Errorf("package %s has no rule: say in taskRules what it may import, and why", pkg)
			continue
		}
		for _, imp := range imports {
			if !taskRules[i].allows(imp) {
				t.Errorf("package %s imports %s, but %s", pkg, imp, taskRules[i].why)
			}
		}
	}
}

// TestArchitecture_OnlyOtelsdkImportsOpenTelemetrysSDK and its exporters nobody: apps that
// have an SDK bring it, others link the API, and that only with package toolbar.
func TestArchitecture_OnlyOtelsdkImportsOpenTelemetrysSDK(t *testing.T) {
	t.Parallel()
	for pkg, imports := range corePackages(t) {
		for _, imp := range imports {
			sdk := strings.HasPrefix(imp, "go.opentelemetry.io/otel/sdk") || strings.HasPrefix(imp, "go.opentelemetry.io/otel/exporters")
			if sdk && pkg != "instrument/oteltrace/otelsdk" && (pkg != "toolbar" || imp != "go.opentelemetry.io/otel/sdk/trace") {
				t.Errorf("package %s imports %s", pkg, imp)
			}
			if strings.HasPrefix(imp, "go.opentelemetry.io/otel") && !strings.HasPrefix(pkg, "instrument/oteltrace") && pkg != "toolbar" {
				t.Errorf("package %s imports %s: oteltrace is the only bridge to OpenTelemetry", pkg, imp)
			}
		}
	}
}

func (r rule) allows(imp string) bool {
	return slices.ContainsFunc(r.may, func(m string) bool {
		if tree, ok := strings.CutSuffix(m, "/..."); ok {
			return strings.HasPrefix(imp, tree+"/")
		}
		return imp == m
	})
}

func ruleFor(pkg string) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.pkg == pkg })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

func reachedFrom(packages map[string][]string, pkg string) map[string]bool {
	reached := map[string]bool{}
	var visit func(string)
	visit = func(p string) {
		for _, imp := range packages[p] {
			if !reached[imp] {
				reached[imp] = true
				visit(imp)
			}
		}
	}
	visit(pkg)
	return reached
}

// corePackages gives each package of the core with what its files (tests apart)
// import outside the standard library. It parses in-process: the result of a test
// that ran `go list` would be cached.
func corePackages(t *testing.T) map[string][]string {
	t.Helper()
	packages := packagesOf(t, ".")
	delete(packages, ".")
	return packages
}

// packagesOf does that for the module in a folder.
func packagesOf(t *testing.T, root string) map[string][]string {
	t.Helper()
	packages := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipForeign(root, file, d.Name())
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		pkg := path.Dir(filepath.ToSlash(file))
		imports, err := importsOf(file)
		packages[pkg] = append(packages[pkg], imports...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

// skipForeign leaves out other modules and what is not code.
func skipForeign(root, dir, name string) error {
	if dir == root {
		return nil
	}
	if name == "testdata" || strings.HasPrefix(name, ".") {
		return fs.SkipDir
	}
	if own, _ := filepath.Glob(filepath.Join(dir, "go.mod")); own != nil {
		return fs.SkipDir
	}
	return nil
}

func importsOf(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	if f.Name.Name == "main" && strings.HasPrefix(path.Base(file), "gen_") {
		return nil, nil // a generator, run by hand
	}
	var imports []string
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if own, ok := strings.CutPrefix(imp, modulePath+"/"); ok {
			imports = append(imports, own)
		} else if first, _, _ := strings.Cut(imp, "/"); strings.Contains(first, ".") {
			imports = append(imports, imp)
		}
	}
	return imports, nil
}

// TestArchitecture_EveryPackageLooksForGoroutinesThatAreLeft holds that tests fail when one outlives them. Those below
// demo/e2e are left out, which start other programs and hold these to it themselves, and the core's own, which read.
func TestArchitecture_EveryPackageLooksForGoroutinesThatAreLeft(t *testing.T) {
	looks := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		text, err := os.ReadFile(path)
		looks[dir] = looks[dir] || bytes.Contains(text, []byte("goleak.VerifyTestMain(m"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, ok := range looks {
		if !ok && dir != "." && !strings.HasPrefix(dir, "demo/e2e") {
			t.Errorf("%s: no TestMain calls goleak.VerifyTestMain", dir)
		}
	}
	if len(looks) < 50 {
		t.Errorf("only %d packages have tests: is this the root?", len(looks))
	}
}
