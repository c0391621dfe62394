package rendertap

import (
	"reflect"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// Option changes what is reported of templates.
type Option func(*options)

type options struct {
	rules *mask.Rules // nil: no values
	names []string
	data  map[string]any
}

// Values keeps the data of templates beside its names, masked, at most 1 KiB of each. It is
// off unless asked for: it is the users' data. Nil rules are mask.Default().
func Values(rules *mask.Rules) Option {
	if rules == nil {
		rules = mask.Default()
	}
	return func(o *options) { o.rules = rules }
}

// Data names something that a component was made of, which its value does not tell. The
// value is kept only with Values.
func Data(name string, value any) Option {
	return func(o *options) {
		o.names = append(o.names, name)
		if o.data == nil {
			o.data = map[string]any{}
		}
		o.data[name] = value
	}
}

func optionsOf(opts []Option) (o options) {
	for _, set := range opts {
		set(&o)
	}
	return o
}

var (
	keyEngine = instrument.NewKey("template.engine") // html/template, text/template, templ
	keySize   = instrument.NewKey("template.size")   // bytes written, those of what it calls included
	keyData   = instrument.NewKey("template.data")   // names
	keyValues = instrument.NewKey("template.data.values")
)

const (
	maxNames  = 24
	maxValues = 1 << 10
)

// describe gives the attributes of data. Nothing that is wrong with it may become the
// page's trouble.
func (o *options) describe(data any) (attrs [2]instrument.Attr) {
	defer func() { _ = recover() }()
	if names := namesOf(data); names != "" {
		attrs[0] = keyData.String(names)
	}
	if o.rules != nil && data != nil {
		attrs[1] = keyValues.Masked(o.rules.Struct(data, maxValues))
	}
	return attrs
}

// namesOf lists the fields of a struct or the keys of a map, or says what type it is.
func namesOf(data any) string {
	v := reflect.ValueOf(data)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	var names []string
	switch {
	case !v.IsValid():
		return ""
	case v.Kind() == reflect.Struct:
		for f := range v.Type().Fields() {
			if f.IsExported() {
				names = append(names, f.Name)
			}
		}
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		for _, k := range v.MapKeys() {
			names = append(names, k.String())
		}
		slices.Sort(names)
	}
	if len(names) == 0 {
		return v.Type().String()
	}
	if len(names) > maxNames {
		names = append(names[:maxNames], "…")
	}
	return strings.Join(names, ", ")
}

// maxCallers is how many calls are kept with a span, from the app's own code outwards.
const maxCallers = 8
