package middleware

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// RequestProcessor is a layer that looks at a request on its way in.
type RequestProcessor interface {
	// ProcessRequest returns the request to go on with: r itself, or a copy with
	// another context. Nil says that it has answered on w, and nothing inside
	// runs. An error is answered as the Exceptions around it has it; the layer's
	// own ProcessResponse then does not run.
	ProcessRequest(w http.ResponseWriter, r *http.Request) (*http.Request, error)
}

// ViewProcessor is a layer that acts after routing and before the view.
type ViewProcessor interface {
	// ProcessView is called when the route is known: r.Pattern and r.PathValue
	// are set, and r.SetPathValue changes what the view sees. It is not called
	// if nothing matches. What it returns is as in ProcessRequest.
	//
	// It runs where the Stack ends: in front of what an *http.ServeMux chose, or
	// of whatever other handler the Stack was put around. A router of another
	// kind has its own place for it; see its adapter.
	ProcessView(w http.ResponseWriter, r *http.Request, v Route) (*http.Request, error)
}

// TemplateProcessor is a layer that may change a page before it is rendered.
type TemplateProcessor interface {
	// ProcessTemplateResponse is called by [Render], the innermost layer first. It
	// may change p or put another component there.
	ProcessTemplateResponse(r *http.Request, p *Rendering) error
}

// ResponseProcessor is a layer that looks at a response before its header is
// sent.
type ResponseProcessor interface {
	// ProcessResponse is called once, the innermost layer first, right before the
	// header is written: what it sets in h.Header arrives, streamed responses
	// included. It is called too for a response that the layer itself or one
	// inside it made without reaching the view, and not for a hijacked
	// connection. An error replaces the response.
	ProcessResponse(r *http.Request, h *Head) error
}

// ExceptionProcessor is a layer that may answer for a view that failed.
type ExceptionProcessor interface {
	// ProcessException gets the error of a view, or a *PanicError. It returns nil
	// if it has answered on w, err itself to leave it to the layers outside, and
	// any other error to put that in its place, which no other layer is asked
	// about. Errors of layers do not come here.
	ProcessException(w http.ResponseWriter, r *http.Request, err error) error
}

// Route is what a request was routed to.
type Route struct {
	Pattern string       // as in r.Pattern: "GET /orders/{id}"
	View    string       // the name of the view: "shop.showOrder"
	Handler http.Handler // the view; nil if the router has views of another kind
}

// Head is the head of a response that is about to be sent.
type Head struct {
	Status int
	Header http.Header

	replaced bool
	body     []byte
}

// Replace puts another response in the place of this one. What the view has
// written and goes on to write is dropped. The header loses what describes the
// old body; set a Content-Type afterwards, or leave it to be guessed.
func (h *Head) Replace(status int, body []byte) {
	h.Status, h.replaced, h.body = status, true, body
	for _, key := range append(bodyHeaders, "Content-Encoding", "Content-Type") {
		delete(h.Header, key)
	}
}

// Hooks makes a layer of a value that has one or more of ProcessRequest,
// ProcessView, ProcessTemplateResponse, ProcessResponse and ProcessException. It
// is called like the value's type, if it gets no name with Named. A value
// without any of the methods is an error when the Stack is built.
//
// The methods of one value are called for many requests at the same time; what
// belongs to a request goes into its context.
func Hooks(v any) Layer {
	wired.Store(true)
	name := strings.TrimPrefix(fmt.Sprintf("%T", v), "*")
	set := hooksOf(v)
	return named(layer{name: name, source: set.source(), hooks: set, fn: func(next http.Handler) (http.Handler, error) {
		if set.none() {
			return nil, fmt.Errorf("%T has no ProcessRequest, ProcessView, ProcessTemplateResponse, ProcessResponse or ProcessException", v)
		}
		return &hooked{set, next}, nil
	}})
}

// hookSet is what a value has of the hooks.
type hookSet struct {
	request   RequestProcessor
	view      ViewProcessor
	template  TemplateProcessor
	response  ResponseProcessor
	exception ExceptionProcessor

	viewSpan, templateSpan, exceptionSpan *instrument.Handler // set when the layer is built
}

func hooksOf(v any) *hookSet {
	s := &hookSet{}
	s.request, _ = v.(RequestProcessor)
	s.view, _ = v.(ViewProcessor)
	s.template, _ = v.(TemplateProcessor)
	s.response, _ = v.(ResponseProcessor)
	s.exception, _ = v.(ExceptionProcessor)
	return s
}

func (s *hookSet) none() bool {
	return s.request == nil && s.view == nil && s.template == nil && s.response == nil && s.exception == nil
}

// source is the place of the first hook.
func (s *hookSet) source() instrument.Source {
	switch {
	case s.request != nil:
		return instrument.FuncSource(s.request.ProcessRequest)
	case s.view != nil:
		return instrument.FuncSource(s.view.ProcessView)
	case s.template != nil:
		return instrument.FuncSource(s.template.ProcessTemplateResponse)
	case s.response != nil:
		return instrument.FuncSource(s.response.ProcessResponse)
	case s.exception != nil:
		return instrument.FuncSource(s.exception.ProcessException)
	}
	return instrument.Source{}
}

// spans makes the handlers of the hooks that run inside the view, where their
// time would otherwise be the view's.
func (s *hookSet) spans(name string) *hookSet {
	all := *s
	if s.view != nil {
		all.viewSpan = instrument.NewHandler(instrument.KindLayer, name+".ProcessView", instrument.FuncSource(s.view.ProcessView))
	}
	if s.template != nil {
		all.templateSpan = instrument.NewHandler(instrument.KindLayer, name+".ProcessTemplateResponse", instrument.FuncSource(s.template.ProcessTemplateResponse))
	}
	if s.exception != nil {
		all.exceptionSpan = instrument.NewHandler(instrument.KindLayer, name+".ProcessException", instrument.FuncSource(s.exception.ProcessException))
	}
	return &all
}

// hooked is the handler of a layer with hooks.
type hooked struct {
	hooks *hookSet
	next  http.Handler
}

func (h *hooked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := callOf(r.Context())
	res, w, own := watched(w, r)
	hook := h.onHeader(c, res, r)
	done := false
	defer func() {
		switch {
		case done && !res.is(tookOver):
			res.early(hook)
			if own {
				res.Finish()
			}
		case own:
			res.Abort()
		}
	}()
	inner, err := h.processRequest(w, r)
	if err != nil {
		if hook != nil {
			hook.done = true
		}
		c.failHere(res, w, r, err, nil)
	}
	if inner != nil {
		h.next.ServeHTTP(w, inner)
		copyBack(r, inner)
	}
	done = true
}

// failHere answers an error of a hook, which layers are not asked about.
func (c *call) failHere(res *Response, w http.ResponseWriter, r *http.Request, err error, at *call) {
	throw := c.answer(res, w, r, err, false, at)
	if c.exc == nil {
		c.x.logOnce(byDefault, r, res.Status())
	}
	if throw != nil {
		panic(throw)
	}
}

// processRequest gives the request to go on with; nil without an error if it
// was answered.
func (h *hooked) processRequest(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	if h.hooks.request == nil {
		return r, nil
	}
	inner, err := h.hooks.request.ProcessRequest(w, r)
	if err != nil {
		return nil, err
	}
	return inner, nil
}

// onHeader registers the layer's ProcessResponse.
func (h *hooked) onHeader(c *call, res *Response, r *http.Request) *headHook {
	if h.hooks.response == nil || res.is(wroteHead|tookOver) {
		return nil
	}
	hook := &headHook{run: func(head *Head) {
		if c.x.rec == nil {
			h.processResponse(c, r, head)
			return
		}
		start := instrument.Now()
		defer func() {
			c.x.mu.Lock()
			c.note().responseTime += instrument.Now() - start
			c.x.mu.Unlock()
		}()
		h.processResponse(c, r, head)
	}}
	res.hooks = append(res.hooks, hook)
	return hook
}

func (h *hooked) processResponse(c *call, r *http.Request, head *Head) {
	var err error
	was := head.Status
	if c.outer.exc == nil {
		err = h.hooks.response.ProcessResponse(r, head)
	} else {
		err = guardResponse(func() error { return h.hooks.response.ProcessResponse(r, head) })
	}
	if err == nil && head.Status != was && !sendable(head.Status) {
		err = fmt.Errorf("layer %q: ProcessResponse set the status %d, which cannot be sent", c.probe.Name(), head.Status)
	}
	if err != nil {
		c.replace(r, head, err)
	}
}

func sendable(status int) bool { return status >= 200 && status <= 999 }

// guardResponse makes an error of a panic.
func guardResponse(hook func() error) (err error) {
	defer func() {
		v := recover()
		if v == http.ErrAbortHandler {
			panic(v)
		}
		if v != nil {
			err = newPanicError(v)
		}
	}()
	return hook()
}

// replace puts the response to err in the place of the one that is about to be
// sent.
func (c *call) replace(r *http.Request, head *Head, err error) {
	c.noteFailure(r, err, statusFor(r, err), c)
	exc := c.exc
	if exc == nil {
		exc = byDefault
		defer func() { c.x.logOnce(byDefault, r, head.Status) }()
	}
	rec := &bufferedResponse{header: head.Header}
	res, w := Wrap(rec, r)
	head.Replace(statusFor(r, err), nil)
	if throw := exc.respond(res, w, r, err); throw != nil {
		panic(throw)
	}
	head.Status, head.body = rec.status, rec.body
}

// bufferedResponse takes an error page. Its header is the real one.
type bufferedResponse struct {
	header http.Header
	status int
	body   []byte
}

func (b *bufferedResponse) Header() http.Header { return b.header }

func (b *bufferedResponse) WriteHeader(code int) {
	if b.status == 0 && code >= 200 {
		b.status = code
	}
}

func (b *bufferedResponse) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	b.body = append(b.body, p...)
	return len(p), nil
}

// processViews runs the layers' ProcessView, the outermost first. It gives the
// request to go on with; nil if the view is not to run.
func (c *call) processViews(w http.ResponseWriter, r *http.Request, route Route) *http.Request {
	for _, o := range c.unviewed() {
		var inner *http.Request
		err := guarded(r.Context(), o.probe.hooks.viewSpan, func() (err error) {
			inner, err = o.probe.hooks.view.ProcessView(w, r, route)
			return err
		})
		if err != nil {
			res, w, own := watched(w, r)
			c.failHere(res, w, r, err, o)
			if own {
				res.Finish()
			}
			return nil
		}
		if inner == nil {
			return nil
		}
		r = inner
	}
	return r
}

func (c *call) hasViewHooks() bool {
	for o := c; o != nil; o = o.outer {
		if o.probe != nil && o.probe.hooks != nil && o.probe.hooks.view != nil && !o.viewed.Load() {
			return true
		}
	}
	return false
}
