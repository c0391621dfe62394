package instrument

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Key is the interned name of an attribute: a small number that stands for it in
// memory and on disk. Make keys once, in package variables.
type Key uint32

// MaxKeys is how many attribute names a process may intern. A name beyond it
// becomes [KeyOther].
const MaxKeys = 4096

// KeyOther stands for every name beyond [MaxKeys]. Its text is hidden always when
// there is a Masker: what has lost its name cannot be cleared by a rule.
const KeyOther Key = 1

// keys holds the interned names; readers take the slice without a lock.
var keys = newKeyTable()

type keyTable struct {
	mu    sync.Mutex // serialises additions
	ids   sync.Map   // string -> Key
	names atomic.Pointer[[]string]
}

func newKeyTable() *keyTable {
	t := &keyTable{}
	t.ids.Store("__other__", KeyOther)
	t.names.Store(&[]string{"", "__other__"})
	return t
}

// Keys that several packages write or read. Names are OpenTelemetry's semantic
// conventions where these have one.
var (
	KeyErrorMessage = NewKey("error.message")
	KeyErrorType    = NewKey("error.type")
	KeyPanicValue   = NewKey("panic.value")
	KeyStack        = NewKey("code.stacktrace")
	KeyDetail       = NewKey("detail") // one line shown beside the span's name
	KeyMethod       = NewKey("http.request.method")
	KeyPath         = NewKey("url.path")
	KeyQuery        = NewKey("url.query")
	KeyStatus       = NewKey("http.response.status_code")
	KeyBytesOut     = NewKey("http.response.body.size")
	KeyUser         = NewKey("enduser.id")
	KeyLogLevel     = NewKey("log.severity")
	KeyLogMessage   = NewKey("log.message")
	KeySkipped      = NewKey("skipped")
	KeySender       = NewKey("signal.sender")
	KeyAllocBytes   = NewKey("go.memory.allocated")
	KeyGCCycles     = NewKey("go.gc.cycles")
	KeySelfTime     = NewKey("toolbar.self_time")
)

// NewKey interns a name. The same name gives the same Key; a name after [MaxKeys]
// others gives [KeyOther].
func NewKey(name string) Key {
	if k, ok := keys.ids.Load(name); ok {
		return k.(Key)
	}
	keys.mu.Lock()
	defer keys.mu.Unlock()
	if k, ok := keys.ids.Load(name); ok {
		return k.(Key)
	}
	old := *keys.names.Load()
	if len(old) > MaxKeys {
		return KeyOther
	}
	// A reader that holds the old slice never looks past its length, so the
	// backing array may be shared.
	names := append(old, name)
	k := Key(len(names) - 1)
	keys.names.Store(&names)
	keys.ids.Store(name, k)
	return k
}

// Name is the attribute's name; "" for the zero Key.
func (k Key) Name() string {
	names := *keys.names.Load()
	if int(k) >= len(names) {
		return ""
	}
	return names[k]
}

type attrType uint8

const (
	attrString attrType = iota + 1
	attrInt
	attrFloat
	attrBool
	attrDuration
	attrStack
	attrAgain // in the encoded form only: the last text of the key again
)

// Attr is one attribute of a span: a key and a string, number, truth value or
// duration. Its size is fixed and it holds no interface, so that passing a few
// costs no allocation. The zero Attr is ignored.
type Attr struct {
	key Key
	typ attrType
	num uint64
	str string
}

// String makes a text attribute. Text is masked when the Record is encoded.
func (k Key) String(v string) Attr { return Attr{key: k, typ: attrString, str: v} }

// Masked makes a text attribute that its caller has masked already, by rules that know
// its form: JSON, a form, cookies. Neither its name nor its text is looked at again.
func (k Key) Masked(v string) Attr { return Attr{key: k, typ: attrString, num: maskedText, str: v} }

// maskedText is Attr.num of a text that is masked.
const maskedText = 1

// Int makes a number attribute.
func (k Key) Int(v int) Attr { return Attr{key: k, typ: attrInt, num: uint64(v)} }

// Int64 makes a number attribute.
func (k Key) Int64(v int64) Attr { return Attr{key: k, typ: attrInt, num: uint64(v)} }

// Float64 makes a number attribute. NaN and infinities are kept as text when read
// back, because JSON has no form for them.
func (k Key) Float64(v float64) Attr {
	return Attr{key: k, typ: attrFloat, num: math.Float64bits(v)}
}

// Bool makes a truth attribute.
func (k Key) Bool(v bool) Attr {
	a := Attr{key: k, typ: attrBool}
	if v {
		a.num = 1
	}
	return a
}

// Duration makes a duration attribute, kept in nanoseconds.
func (k Key) Duration(v time.Duration) Attr {
	return Attr{key: k, typ: attrDuration, num: uint64(v)}
}
