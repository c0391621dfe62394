package budget

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// File is a file of budgets.
type File struct {
	Budgets []Budget
}

// Budget is what handlers may take. A limit that is not set is not looked at.
type Budget struct {
	Handler string // text in the name, or a pattern with "*"
	Kind    instrument.Kind
	Line    int // in the file

	P50, P95, P99, Max *time.Duration
	Errors             *float64 // share of calls, 0 to 1
	Queries            *int     // of a Record, the most
	NPlusOne           *int     // Records with an N+1
	MinCalls           uint64   // with fewer calls, times and errors are not judged
	Required           bool     // no calls at all is a failure
}

// maxFile bounds a file; budgets are written by people.
const maxFile = 1 << 20

// Open reads a file of budgets.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("budgets: %w", err)
	}
	defer f.Close()
	b, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// Read reads budgets. Every mistake is reported with its line; nothing that is not
// understood is passed over.
func Read(r io.Reader) (*File, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read budgets: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("the file is longer than %d bytes", maxFile)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	p := parser{}
	f := p.file(&doc)
	return f, errors.Join(p.errs...)
}

// parser gathers mistakes.
type parser struct{ errs []error }

func (p *parser) wrong(n *yaml.Node, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("line %d: %s", n.Line, fmt.Sprintf(format, args...)))
}

func (p *parser) file(doc *yaml.Node) *File {
	f := &File{}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		p.wrong(&yaml.Node{Line: max(doc.Line, 1)}, `the file must begin with "budgets:" and a list below it`)
		return f
	}
	found := false
	p.each(doc.Content[0], func(key, value *yaml.Node) {
		if key.Value != "budgets" {
			p.wrong(key, `there is no %q here: use "budgets"`, key.Value)
			return
		}
		found = true
		if value.Kind != yaml.SequenceNode {
			p.wrong(value, `"budgets" is a list: begin each budget with "- handler:"`)
			return
		}
		for _, n := range value.Content {
			f.Budgets = append(f.Budgets, p.budget(n))
		}
	})
	if found && len(f.Budgets) == 0 && len(p.errs) == 0 || !found && len(p.errs) == 0 {
		p.wrong(doc.Content[0], `there are no budgets: write "budgets:" and below it "- handler: ..." with a limit`)
	}
	return f
}

// each calls fn for the pairs of a mapping; a key that comes twice is a mistake.
func (p *parser) each(n *yaml.Node, fn func(key, value *yaml.Node)) {
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			p.wrong(key, "%q is there twice", key.Value)
			continue
		}
		seen[key.Value] = true
		value := n.Content[i+1]
		for value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		fn(key, value)
	}
}

// fields are the keys of a budget, in the order of the documentation.
var fields = []struct {
	name  string
	limit bool
	set   func(p *parser, b *Budget, n *yaml.Node)
}{
	{"handler", false, func(p *parser, b *Budget, n *yaml.Node) { b.Handler = p.text(n) }},
	{"kind", false, func(p *parser, b *Budget, n *yaml.Node) { p.kind(b, n) }},
	{"p50", true, func(p *parser, b *Budget, n *yaml.Node) { b.P50 = p.duration(n) }},
	{"p95", true, func(p *parser, b *Budget, n *yaml.Node) { b.P95 = p.duration(n) }},
	{"p99", true, func(p *parser, b *Budget, n *yaml.Node) { b.P99 = p.duration(n) }},
	{"max", true, func(p *parser, b *Budget, n *yaml.Node) { b.Max = p.duration(n) }},
	{"errors", true, func(p *parser, b *Budget, n *yaml.Node) { b.Errors = p.share(n) }},
	{"queries", true, func(p *parser, b *Budget, n *yaml.Node) { b.Queries = p.number(n) }},
	{"n_plus_one", true, func(p *parser, b *Budget, n *yaml.Node) { b.NPlusOne = p.number(n) }},
	{"min_calls", false, func(p *parser, b *Budget, n *yaml.Node) {
		if v := p.number(n); v != nil {
			b.MinCalls = uint64(*v)
		}
	}},
	{"required", true, func(p *parser, b *Budget, n *yaml.Node) {
		if err := n.Decode(&b.Required); err != nil {
			p.wrong(n, "required is true or false, not %q", n.Value)
		}
	}},
}

func fieldNames() string {
	var names []string
	for _, f := range fields {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

func (p *parser) budget(n *yaml.Node) Budget {
	b := Budget{Kind: instrument.KindRequest, Line: n.Line}
	if n.Kind != yaml.MappingNode {
		p.wrong(n, `a budget begins with "handler:"`)
		return b
	}
	limits := 0
	p.each(n, func(key, value *yaml.Node) {
		for _, f := range fields {
			if f.name == key.Value {
				if f.limit {
					limits++
				}
				f.set(p, &b, value)
				return
			}
		}
		p.wrong(key, "there is no %q in a budget: use %s", key.Value, fieldNames())
	})
	switch {
	case b.Handler == "":
		p.wrong(n, `the budget does not say for what: add "handler:", with "*" for all`)
	case limits == 0:
		p.wrong(n, "the budget for %q has no limit: add one of p50, p95, p99, max, errors, queries, n_plus_one", b.Handler)
	}
	return b
}

func (p *parser) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		p.wrong(n, "a text is missing here")
		return ""
	}
	return n.Value
}

func (p *parser) kind(b *Budget, n *yaml.Node) {
	k, ok := instrument.ParseKind(n.Value)
	if !ok {
		var names []string
		for _, k := range instrument.Kinds() {
			names = append(names, k.String())
		}
		p.wrong(n, "there is no kind %q: use %s", n.Value, strings.Join(names, ", "))
		return
	}
	b.Kind = k
}

func (p *parser) duration(n *yaml.Node) *time.Duration {
	d, err := time.ParseDuration(n.Value)
	if err != nil || d < 0 {
		p.wrong(n, "%q is no duration: use a number with its unit, like 200ms or 1.5s", n.Value)
		return nil
	}
	return &d
}

func (p *parser) number(n *yaml.Node) *int {
	v, err := strconv.Atoi(n.Value)
	if err != nil || v < 0 {
		p.wrong(n, "%q is no number from 0 on", n.Value)
		return nil
	}
	return &v
}

// share reads "1%", "0.5 %" or 0.01.
func (p *parser) share(n *yaml.Node) *float64 {
	text, percent := strings.CutSuffix(strings.TrimSpace(n.Value), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if percent {
		v /= 100
	}
	if err != nil || v < 0 || v > 1 || v != v {
		p.wrong(n, `%q is no share of calls: use a percentage like "1%%"`, n.Value)
		return nil
	}
	return &v
}

// Kinds lists the kinds for which there are budgets.
func (f *File) Kinds() []instrument.Kind {
	var kinds []instrument.Kind
	for _, b := range f.Budgets {
		if !slices.Contains(kinds, b.Kind) {
			kinds = append(kinds, b.Kind)
		}
	}
	return kinds
}
