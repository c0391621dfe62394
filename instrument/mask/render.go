package mask

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	defaultRender = 1024 // bytes, for Struct's max of zero
	renderDepth   = 6
	renderItems   = 16  // of a slice or map
	renderSorted  = 256 // maps beyond this only tell their length
	renderSlack   = 256 // read beyond the limit, so that a cut secret is still recognised
	treeItems     = 100 // of a slice or map, where each has a line
)

// Struct renders a Go value in one line of at most max bytes (zero means 1024),
// masked: {Order:20417 To:"confirmed"}. Fields go by their JSON name if they
// have one. A field tagged `toolbar:"-"` or `json:"-"` is left out, one tagged
// `toolbar:"mask"` or with a sensitive name is hidden. [slog.LogValuer], error
// and [fmt.Stringer] are asked for their text, the last only where no tagged
// field could be bypassed by it. Byte slices show their length. Unexported
// fields are never read.
//
// It follows pointers and stops at cycles and at depth 6, and never panics, but
// like fmt it must not run while another goroutine writes to a map in v.
func (r *Rules) Struct(v any, max int) (text string) {
	defer failClosed(&text)
	if max <= 0 {
		max = defaultRender
	}
	p := printer{r: r.orDefault(), max: max}
	p.value(reflect.ValueOf(v), "", 0)
	return p.String()
}

// Tree is Struct on as many lines as v has parts, indented by tabs, with the types of
// structs and maps, and up to 100 parts of a slice or map: for a reader who asked to
// see this value.
func (r *Rules) Tree(v any, max int) (text string) {
	defer failClosed(&text)
	if max <= 0 {
		max = defaultRender
	}
	p := printer{r: r.orDefault(), max: max, tree: true}
	p.value(reflect.ValueOf(v), "", 0)
	return p.String()
}

const ellipsis = "…"

// printer writes until it is full.
type printer struct {
	r     *Rules
	buf   strings.Builder
	max   int
	above []uintptr // pointers, maps and slices that are being rendered
	tree  bool      // each part on a line of its own
}

// open begins what has parts, of type t; nil where it has none to tell.
func (p *printer) open(t reflect.Type, bracket string) {
	if p.tree && t != nil {
		p.write(typeName(t))
	}
	p.write(bracket)
}

// typeName is how a type is called where it is used. One without a name is told by its
// kind: its fields follow anyway.
func typeName(t reflect.Type) string {
	if s := t.String(); !strings.Contains(s, "struct {") {
		return s
	}
	return t.Kind().String()
}

// next goes to part i of what stands at depth.
func (p *printer) next(i, depth int) {
	switch {
	case p.tree:
		p.write("\n" + strings.Repeat("\t", depth))
	case i > 0:
		p.write(" ")
	}
}

// more says that there are parts after the n that are shown, if so.
func (p *printer) more(i, all int) bool {
	shown := renderItems
	if p.tree {
		shown = treeItems
	}
	if i < shown {
		return false
	}
	p.write(ellipsis + "+" + strconv.Itoa(all-i))
	return true
}

// colon stands between a part's name and its value.
func (p *printer) colon() {
	p.write(":")
	if p.tree {
		p.write(" ")
	}
}

// close ends what has n parts.
func (p *printer) close(bracket string, n, depth int) {
	if p.tree && n > 0 {
		p.write("\n" + strings.Repeat("\t", depth-1))
	}
	p.write(bracket)
}

func (p *printer) full() bool { return p.buf.Len() > p.max }

func (p *printer) write(s string) {
	if !p.full() {
		p.buf.WriteString(clip(s, p.max+1-p.buf.Len()+utf8.UTFMax))
	}
}

// String returns what was written, cut to the limit between two characters.
func (p *printer) String() string {
	s := p.buf.String()
	if len(s) <= p.max {
		return s
	}
	return clip(s, max(0, p.max-len(ellipsis))) + ellipsis[:min(len(ellipsis), p.max/len(ellipsis)*len(ellipsis))]
}

// clip cuts s to at most n bytes, not within a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// text writes a string that stands under key, which is not secret.
func (p *printer) text(key, s string, quote bool) {
	if p.full() {
		return
	}
	masked := p.r.open(key, clip(s, p.max-p.buf.Len()+renderSlack))
	switch {
	case masked == Redacted || !quote:
		p.write(masked)
	default:
		p.write(strconv.Quote(masked))
	}
}

func (p *printer) value(v reflect.Value, key string, depth int) {
	if p.full() {
		return
	}
	if !v.IsValid() || isNil(v) {
		p.write("nil")
		return
	}
	if p.special(v, key, depth) {
		return
	}
	switch v.Kind() {
	case reflect.String:
		p.text(key, v.String(), true)
	case reflect.Pointer, reflect.Interface:
		p.guarded(v, depth, func() { p.value(v.Elem(), key, depth) })
	case reflect.Struct:
		p.guarded(v, depth, func() { p.fields(v, depth+1) })
	case reflect.Map:
		p.guarded(v, depth, func() { p.entries(v, depth+1) })
	case reflect.Slice, reflect.Array:
		p.guarded(v, depth, func() { p.items(v, key, depth+1) })
	default:
		p.plain(v, key)
	}
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return v.IsNil()
	}
	return false
}

// guarded runs f unless v is too deep or contains itself.
func (p *printer) guarded(v reflect.Value, depth int, f func()) {
	if depth >= renderDepth {
		p.write(ellipsis)
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		at := v.Pointer()
		for _, a := range p.above {
			if a == at {
				p.write("<cycle>")
				return
			}
		}
		p.above = append(p.above, at)
		defer func() { p.above = p.above[:len(p.above)-1] }()
	}
	f()
}

func (p *printer) plain(v reflect.Value, key string) {
	switch v.Kind() {
	case reflect.Bool:
		p.write(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.text(key, strconv.FormatInt(v.Int(), 10), false)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.text(key, strconv.FormatUint(v.Uint(), 10), false)
	case reflect.Float32, reflect.Float64:
		p.text(key, strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), false)
	case reflect.Complex64, reflect.Complex128:
		p.write(fmt.Sprint(v.Complex()))
	default:
		p.write(v.Kind().String()) // func, chan: nothing to show
	}
}

// fields writes a struct.
func (p *printer) fields(v reflect.Value, depth int) {
	fields := p.r.fieldsOf(v.Type())
	p.open(v.Type(), "{")
	for i, f := range fields {
		if p.full() {
			return
		}
		p.next(i, depth)
		p.write(f.name)
		p.colon()
		if f.hidden {
			p.secret(v.Field(f.index))
			continue
		}
		p.value(v.Field(f.index), f.name, depth)
	}
	p.close("}", len(fields), depth)
}

// secret writes Redacted, unless there is nothing to hide.
func (p *printer) secret(v reflect.Value) {
	switch {
	case isNil(v):
		p.write("nil")
	case v.Kind() == reflect.String && v.Len() == 0:
		p.write(`""`)
	default:
		p.write(Redacted)
	}
}

func (p *printer) items(v reflect.Value, key string, depth int) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		p.write("<" + strconv.Itoa(v.Len()) + " bytes>")
		return
	}
	p.open(v.Type(), "[")
	for i := range v.Len() {
		if p.full() {
			return
		}
		p.next(i, depth)
		if p.more(i, v.Len()) {
			break
		}
		p.value(v.Index(i), key, depth)
	}
	p.close("]", v.Len(), depth)
}

// timeFormat is short, sorts, and keeps what a debugger asks for.
const timeFormat = time.RFC3339Nano
