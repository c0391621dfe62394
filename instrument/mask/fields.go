package mask

import (
	"reflect"
	"slices"
	"strings"
)

// Field is a value by its name.
type Field struct {
	Name  string `json:"name"` // "Database.Host"
	Value string `json:"value"`
}

const (
	maxFields     = 500
	maxFieldDepth = 5
)

// Fields lists what is in a Go value, a configuration for instance, one entry for each
// value that is not made of others: structs and maps are opened, with a dot between the
// names. At most 500 are listed. Everything else is as Struct has it: which names count,
// what tags say, what is hidden, and that it never panics. A text stands without quotes,
// and each value has at most 1024 bytes.
func (r *Rules) Fields(v any) (fields []Field) {
	l := lister{r: r.orDefault()}
	defer func() {
		if recover() != nil {
			fields = append(l.fields, Field{Name: "…", Value: Failed})
		}
	}()
	l.value(reflect.ValueOf(v), "", "", 0)
	return l.fields
}

type lister struct {
	r      *Rules
	fields []Field
}

func (l *lister) add(name, value string) {
	if len(l.fields) < maxFields {
		l.fields = append(l.fields, Field{name, value})
	}
}

// value lists what v is made of. key is the last part of its name.
func (l *lister) value(v reflect.Value, name, key string, depth int) {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && !v.IsNil() && depth < maxFieldDepth {
		if p := (printer{r: l.r, max: defaultRender}); p.special(v, key, 0) {
			l.add(name, p.String())
			return
		}
		v = v.Elem()
		depth++
	}
	if depth >= maxFieldDepth || !l.opens(v) {
		l.add(name, l.text(v, key))
		return
	}
	if v.Kind() == reflect.Struct {
		for _, f := range l.r.fieldsOf(v.Type()) {
			l.member(v.Field(f.index), name, f.name, f.hidden, depth+1)
		}
		return
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		l.member(v.MapIndex(k), name, l.r.Text(k.String()), l.r.Key(k.String()), depth+1)
	}
}

// opens reports whether v is listed by its parts.
func (l *lister) opens(v reflect.Value) bool {
	switch {
	case !v.IsValid():
		return false
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		return v.Len() > 0
	case v.Kind() != reflect.Struct:
		return false
	}
	p := printer{r: l.r, max: defaultRender}
	return !p.special(v, "", 0) && len(l.r.fieldsOf(v.Type())) > 0
}

func (l *lister) member(v reflect.Value, outer, key string, hidden bool, depth int) {
	name := key
	if outer != "" {
		name = outer + "." + key
	}
	if hidden {
		p := printer{r: l.r, max: defaultRender}
		p.secret(v)
		l.add(name, strings.Trim(p.String(), `"`))
		return
	}
	l.value(v, name, key, depth)
}

func (l *lister) text(v reflect.Value, key string) string {
	if v.IsValid() && v.Kind() == reflect.String {
		if p := (printer{r: l.r, max: defaultRender}); !p.special(v, key, 0) {
			return clip(l.r.Value(key, clip(v.String(), defaultRender+renderSlack)), defaultRender)
		}
	}
	p := printer{r: l.r, max: defaultRender}
	p.value(v, key, 0)
	return p.String()
}
