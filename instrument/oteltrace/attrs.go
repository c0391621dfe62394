package oteltrace

import (
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// What is kept of a span at most. Attributes and links share the 128 that a span of a
// Record has, with what is noted besides.
const (
	maxAttrs     = 100
	maxLinks     = 20
	maxEvents    = 128     // as OpenTelemetry's SDK has it
	maxText      = 4 << 10 // bytes of one attribute
	maxOtherKeys = 1024    // names of attributes that libraries may add to a process
	maxKeyLen    = 256
)

// key is what is known of an attribute's name.
type key struct {
	name    string
	key     instrument.Key
	meaning meaning
}

// keys remembers names: by their content in full, and in front of that by the place of
// their bytes, because nearly all names are constants.
var keys struct {
	near [512]atomic.Pointer[key]
	all  sync.Map // string -> *key
	mu   sync.Mutex
	more int // names that are not in conventions; guarded by mu
}

var otherKey = &key{name: instrument.KeyOther.Name(), key: instrument.KeyOther}

func keyOf(n string) *key {
	at := uintptr(unsafe.Pointer(unsafe.StringData(n)))
	near := &keys.near[(at>>3^at>>12)%uintptr(len(keys.near))]
	if k := near.Load(); k != nil && k.name == n {
		return k
	}
	k := findKey(n)
	if k != otherKey {
		near.Store(k)
	}
	return k
}

func findKey(n string) *key {
	if k, ok := keys.all.Load(n); ok {
		return k.(*key)
	}
	if len(n) > maxKeyLen {
		return otherKey
	}
	keys.mu.Lock()
	defer keys.mu.Unlock()
	if keys.more >= maxOtherKeys {
		return otherKey
	}
	keys.more++
	k := newKey(strings.Clone(n))
	keys.all.Store(k.name, k)
	return k
}

func newKey(n string) *key {
	k := &key{name: n, key: instrument.NewKey(strings.ToValidUTF8(n, "\ufffd"))}
	if strings.HasPrefix(n, "db.query.parameter.") || strings.HasPrefix(n, "db.operation.parameter.") {
		k.meaning = meansParameters
	}
	return k
}

// attrOf makes an attribute of one of OpenTelemetry's. Statements and their parameters
// are hidden where it is not known what they belong to: a span that is a query does not
// ask for them here.
func attrOf(rules *mask.Rules, k *key, v attribute.Value) instrument.Attr {
	if k.meaning == meansStatement || k.meaning == meansParameters {
		return k.key.Masked(instrument.Redacted)
	}
	switch v.Type() {
	case attribute.STRING:
		return textAttr(rules, k, v.AsString())
	case attribute.INT64:
		return k.key.Int64(v.AsInt64())
	case attribute.BOOL:
		return k.key.Bool(v.AsBool())
	case attribute.FLOAT64:
		return k.key.Float64(v.AsFloat64())
	case attribute.EMPTY:
		return k.key.String("")
	case attribute.STRINGSLICE:
		return k.key.String(list(v.AsStringSlice()))
	default:
		return k.key.String(bounded(v.String()))
	}
}

// textAttr masks by rules for the text's form, before it is cut.
func textAttr(rules *mask.Rules, k *key, s string) instrument.Attr {
	switch k.meaning {
	case meansURL:
		return k.key.String(bounded(rules.URL(cut(s, 2*maxText))))
	case meansURLQuery:
		return k.key.String(bounded(rules.Query(cut(s, 2*maxText))))
	case meansPathQuery:
		path, query, ok := strings.Cut(cut(s, 2*maxText), "?")
		if ok {
			path += "?" + rules.Query(query)
		}
		return k.key.String(bounded(path))
	}
	return k.key.String(bounded(s))
}

// bounded cuts a text and says so.
func bounded(s string) string {
	if len(s) <= maxText {
		return s
	}
	return cut(s, maxText-len("…")) + "…"
}

// list writes texts as one, as far as they are kept.
func list(texts []string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, s := range texts {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(cut(s, maxText))
		if b.Len() > maxText {
			break
		}
	}
	b.WriteByte(']')
	return bounded(b.String())
}
