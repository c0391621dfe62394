package rendertap

import (
	"context"
	"fmt"
	html "html/template"
	"sync"
	text "text/template"
	"text/template/parse"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// traced is a copy of templates that tells when one of them begins and ends. It serves one
// execution at a time.
type traced struct {
	templates executor
	run       *run
}

// copies keeps the copies that nobody uses.
type copies struct {
	make func() (*traced, error) // nil: there can be none
	free sync.Pool
}

// take gives a copy; nil when there can be none.
func (c *copies) take() *traced {
	if c.make == nil {
		return nil
	}
	if x, ok := c.free.Get().(*traced); ok {
		return x
	}
	x, err := c.make()
	if err != nil {
		return nil
	}
	return x
}

func (c *copies) put(x *traced) { c.free.Put(x) }

// run is an execution under way.
type run struct {
	ctx    context.Context
	out    *counter
	engine string
	open   []opened
	top    bool // the next to begin is the one that has a span already
}

type opened struct {
	ctx   context.Context
	span  instrument.Span
	start int64 // bytes written before
	none  bool  // it has no span of its own here
}

func (r *run) begin(ctx context.Context, out *counter, engine string) {
	r.ctx, r.out, r.engine, r.open, r.top = ctx, out, engine, r.open[:0], true
}

// enter and leave are called by the templates themselves. They give false, so that the
// empty {{if}} around them is passed over.
func (r *run) enter(name string) bool {
	if r.ctx == nil {
		return false
	}
	if r.top {
		r.top = false
		r.open = append(r.open, opened{ctx: r.ctx, none: true})
		return false
	}
	ctx := r.ctx
	if n := len(r.open); n > 0 {
		ctx = r.open[n-1].ctx
	}
	o := opened{start: r.out.n.Load()}
	o.ctx, o.span = instrument.Start(ctx, handlerOf(name), keyEngine.String(r.engine))
	r.open = append(r.open, o)
	return false
}

func (r *run) leave() bool {
	r.close(nil)
	return false
}

func (r *run) close(err error) {
	n := len(r.open)
	if n == 0 {
		return
	}
	o := r.open[n-1]
	r.open = r.open[:n-1]
	if !o.none {
		o.span.Set(keySize.Int64(r.out.n.Load() - o.start))
		o.span.End(err)
	}
}

// end closes what an error left open.
func (r *run) end(err error) {
	for len(r.open) > 0 {
		r.close(err)
	}
	clear(r.open[:cap(r.open)])
	r.ctx, r.out = nil, nil
}

// Names that no template uses by chance.
const (
	enterName = "rendertap_enter"
	leaveName = "rendertap_leave"
)

func (r *run) funcs() map[string]any {
	return map[string]any{enterName: r.enter, leaveName: r.leave}
}

func tracedHTML(pristine *html.Template) (*traced, error) {
	c, err := pristine.Clone()
	if err != nil {
		return nil, err
	}
	r := &run{}
	c.Funcs(r.funcs())
	for _, t := range c.Templates() {
		if err := mark(t.Name(), t.Tree); err != nil {
			return nil, err
		}
	}
	return &traced{c, r}, nil
}

func tracedText(pristine *text.Template) (*traced, error) {
	c, err := pristine.Clone()
	if err != nil {
		return nil, err
	}
	r := &run{}
	c.Funcs(r.funcs())
	for _, t := range c.Templates() {
		if t.Tree == nil {
			continue
		}
		own := t.Tree.Copy() // a clone of text/template has the trees of what it was cloned from
		if err := mark(t.Name(), own); err != nil {
			return nil, err
		}
		if _, err := c.AddParseTree(t.Name(), own); err != nil {
			return nil, err
		}
	}
	return &traced{c, r}, nil
}

// mark puts the calls around what a template consists of.
func mark(name string, tree *parse.Tree) error {
	if tree == nil || tree.Root == nil || parse.IsEmptyTree(tree.Root) {
		return nil
	}
	known := map[string]any{enterName: fmt.Sprint, leaveName: fmt.Sprint}
	trees, err := parse.Parse("rendertap", fmt.Sprintf("{{if %s %q}}{{end}}{{if %s}}{{end}}", enterName, name, leaveName), "", "", known)
	if err != nil {
		return fmt.Errorf("mark template %q: %w", name, err)
	}
	calls := trees["rendertap"].Root.Nodes
	nodes := append([]parse.Node{calls[0]}, tree.Root.Nodes...)
	tree.Root.Nodes = append(nodes, calls[1])
	return nil
}
