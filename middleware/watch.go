package middleware

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Who changed what. At each boundary between two layers the response's header
// and the context are compared with what they were at the one before: the
// difference is the work of the layer that ran in between.

// headerWatch is the header as it was at the last boundary.
type headerWatch struct {
	of   uintptr // the map that was looked at
	seen []seenHeader
}

type seenHeader struct {
	name, first, last string
	n                 int
	there             bool // still in the header
}

func (s *seenHeader) is(v []string) bool {
	return s.n == len(v) && (s.n == 0 || s.first == v[0] && s.last == v[len(v)-1])
}

// watchHeaders notes for c which headers changed since the last boundary. Once
// the header was written, changes have no effect and are not looked for. The
// caller holds x.mu.
func (x *exchange) watchHeaders(c *call, ctx context.Context, w http.ResponseWriter) {
	if x.res == nil || x.res.is(wroteHead|tookOver) || ctx.Err() != nil {
		return
	}
	h := w.Header()
	hw := &x.work().headers
	if of := reflect.ValueOf(h).Pointer(); of != hw.of {
		fresh := hw.of == 0
		hw.of, hw.seen = of, hw.seen[:0]
		if !fresh { // the header of another writer: nothing to compare with
			hw.diff(h, func(string, []string) {})
			return
		}
	}
	if len(h) == 0 && len(hw.seen) == 0 {
		return
	}
	hw.diff(h, func(name string, v []string) {
		if c.probe != nil && !c.probe.view {
			n := c.note()
			n.changed = append(n.changed, headerChange(name, v))
		}
	})
}

// diff reports each header that was set, changed or, with nil, deleted, and
// remembers the header as it is.
func (hw *headerWatch) diff(h http.Header, report func(name string, v []string)) {
	for i := range hw.seen {
		hw.seen[i].there = false
	}
	for name, v := range h {
		i := slices.IndexFunc(hw.seen, func(s seenHeader) bool { return s.name == name })
		switch {
		case i < 0:
			hw.seen = append(hw.seen, seen(name, v))
			report(name, v)
		case !hw.seen[i].is(v):
			hw.seen[i] = seen(name, v)
			report(name, v)
		default:
			hw.seen[i].there = true
		}
	}
	hw.seen = slices.DeleteFunc(hw.seen, func(s seenHeader) bool {
		if !s.there {
			report(s.name, nil)
		}
		return !s.there
	})
}

func seen(name string, v []string) seenHeader {
	s := seenHeader{name: name, n: len(v), there: true}
	if s.n > 0 {
		s.first, s.last = v[0], v[s.n-1]
	}
	return s
}

// shownHeaders are kept with their values: they say how a response is to be
// handled, and nothing about whose it is.
var shownHeaders = map[string]bool{
	"Accept-Ranges": true, "Access-Control-Allow-Credentials": true, "Access-Control-Allow-Headers": true,
	"Access-Control-Allow-Methods": true, "Access-Control-Allow-Origin": true, "Access-Control-Max-Age": true,
	"Allow": true, "Cache-Control": true, "Connection": true, "Content-Encoding": true, "Content-Language": true,
	"Content-Length": true, "Content-Type": true, "Cross-Origin-Embedder-Policy": true, "Cross-Origin-Opener-Policy": true,
	"Cross-Origin-Resource-Policy": true, "Expires": true, "Pragma": true, "Referrer-Policy": true, "Retry-After": true,
	"Strict-Transport-Security": true, "Vary": true, "X-Content-Type-Options": true, "X-Dns-Prefetch-Control": true,
	"X-Frame-Options": true, "X-Ratelimit-Limit": true, "X-Ratelimit-Remaining": true, "X-Ratelimit-Reset": true,
	"X-Xss-Protection": true,
}

const maxShownHeader = 80

// headerChange is a changed header in words: "Vary: Cookie", "Set-Cookie", or
// "-Server" if it was deleted.
func headerChange(name string, v []string) string {
	switch {
	case v == nil:
		return "-" + name
	case shownHeaders[name] && len(v) > 0:
		value := joined(v)
		if len(value) > maxShownHeader {
			value = value[:maxShownHeader] + "…"
		}
		return name + ": " + value
	}
	return name
}

// listed is what changed in one line, sorted, because a header is a map.
func listed(changes []string) string {
	changes = slices.Clone(changes)
	slices.Sort(changes)
	return strings.Join(changes, "; ")
}

// maxAdded is how many contexts are looked through.
const maxAdded = 32

// addedTo names what lies in ctx above base: the keys of values, a way to
// cancel, a deadline. Values are not looked at.
func addedTo(ctx context.Context, base *call) string {
	var names []string
	for range maxAdded {
		if ctx == context.Context(base) || ctx == nil {
			break
		}
		name, parent := contextNode(ctx)
		if name != "" {
			names = append(names, name)
		}
		if parent == nil {
			break
		}
		ctx = parent
	}
	slices.Reverse(names) // in the order in which they were added
	return strings.Join(slices.Compact(names), ", ")
}

// contextNode says what a context adds to its parent. Package context does not
// show that, so its fields are read; what is not as expected is named by its
// type, and nothing fails.
func contextNode(ctx context.Context) (name string, parent context.Context) {
	v := reflect.ValueOf(ctx)
	if c, ok := ctx.(*call); ok {
		return "", c.Context
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return typeName(ctx), nil
	}
	switch v.Type().String() {
	case "context.valueCtx":
		name = keyName(v.FieldByName("key"))
	case "instrument.spanContext": // of the layer's own spans
	case "context.cancelCtx":
		name = "cancel"
	case "context.timerCtx":
		name = "deadline"
		v = v.FieldByName("cancelCtx")
	default:
		name = typeName(ctx)
	}
	if f := v.FieldByName("Context"); f.IsValid() && f.CanInterface() {
		parent, _ = f.Interface().(context.Context)
	}
	return name, parent
}

func typeName(v any) string { return fmt.Sprintf("%T", v) }

const maxKeyName = 60

// keyName names a context key: by its text if it is one, else by its type, with
// the number or name that tells it from others of that type.
func keyName(f reflect.Value) string {
	if !f.IsValid() || f.IsNil() {
		return "?"
	}
	k := f.Elem()
	name := k.Type().String()
	switch {
	case k.Kind() == reflect.String && name == "string":
		name = fmt.Sprintf("%q", cutName(k.String()))
	case k.Kind() == reflect.String:
		name += fmt.Sprintf("(%q)", cutName(k.String()))
	case k.CanInt():
		name += fmt.Sprintf("(%d)", k.Int())
	case k.Kind() == reflect.Pointer && !k.IsNil() && k.Elem().Kind() == reflect.Struct && k.Elem().NumField() > 0:
		if first := k.Elem().Field(0); first.Kind() == reflect.String { // the usual &contextKey{"name"}
			name += fmt.Sprintf("(%q)", cutName(first.String()))
		}
	}
	return name
}

func cutName(s string) string { return s[:min(len(s), maxKeyName)] }
