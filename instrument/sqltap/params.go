package sqltap

import (
	"database/sql/driver"
	"hash/maphash"
	"math"
	"math/bits"
	"reflect"
	"strconv"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// maxShapes is how many parameters are described.
const maxShapes = 32

// shapes tells what the arguments are like, not what they are: "text(12), int64".
func shapes(args []driver.NamedValue) string {
	var room [256]byte
	b := room[:0]
	for i, a := range args {
		if i > 0 {
			b = append(b, ", "...)
		}
		if i == maxShapes {
			b = append(b, "and "...)
			b = strconv.AppendInt(b, int64(len(args)-i), 10)
			b = append(b, " more"...)
			break
		}
		b = appendShape(b, a.Value)
	}
	return string(b)
}

func appendShape(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendLen(append(b, "text("...), len(v))
	case []byte:
		return appendLen(append(b, "bytes("...), len(v))
	case int64:
		return append(b, "int64"...)
	default:
		return append(b, reflect.TypeOf(v).String()...)
	}
}

func appendLen(b []byte, n int) []byte { return append(strconv.AppendInt(b, int64(n), 10), ')') }

const (
	maxValue  = 256     // bytes of one value
	maxValues = 2 << 10 // bytes of all values of a statement
)

// values renders the parameters: 1=17, name="Ann".
func values(r *mask.Rules, st *statement, args []driver.NamedValue) string {
	secret := st.mentionsSecret(r)
	var b []byte
	for i, a := range args {
		if i > 0 {
			b = append(b, ", "...)
		}
		if len(b) > maxValues {
			return string(append(b, "…"...))
		}
		if a.Name != "" {
			b = append(b, a.Name...)
		} else {
			b = strconv.AppendInt(b, int64(a.Ordinal), 10)
		}
		b = append(append(b, '='), value(r, a, secret)...)
	}
	return string(b)
}

func value(r *mask.Rules, a driver.NamedValue, secret bool) string {
	if a.Name != "" && r.Key(a.Name) {
		return mask.Redacted
	}
	switch v := a.Value.(type) {
	case nil:
		return "NULL"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case string:
		if secret {
			return mask.Redacted
		}
		return text(r, a.Name, v)
	case []byte:
		return "bytes(" + strconv.Itoa(len(v)) + ")"
	}
	if secret {
		return mask.Redacted
	}
	return r.Struct(a.Value, maxValue)
}

// text masks before it cuts, so that half a secret is not taken for none; it reads
// a little beyond the cap for that, not the whole of a huge value.
func text(r *mask.Rules, name, v string) string {
	masked := r.Value(name, v[:min(len(v), 2*maxValue)])
	if len(masked) <= maxValue && len(v) <= 2*maxValue {
		return strconv.Quote(masked)
	}
	return strconv.Quote(masked[:min(len(masked), maxValue)]) + "…"
}

// hashOf is the same for the same text with the same parameters, in whatever order
// named ones are given; 0 when a parameter cannot be compared.
func hashOf(st *statement, args []driver.NamedValue) int64 {
	sum := st.hash
	for i := range args {
		h, ok := hashValue(args[i].Value)
		if !ok {
			return 0
		}
		place := uint64(args[i].Ordinal)
		if name := args[i].Name; name != "" {
			place = maphash.String(hashSeed, name)
		}
		sum += mix(h, place)
	}
	return int64(sum | 1)
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd1b54a32d192ed03)
	return hi ^ lo
}

func hashValue(v any) (h uint64, ok bool) {
	switch v := v.(type) {
	case nil:
		return 1, true
	case string:
		return maphash.String(hashSeed, v), true
	case []byte:
		return maphash.Bytes(hashSeed, v), true
	case int64:
		return mix(uint64(v), 2), true
	case float64:
		return mix(math.Float64bits(v), 3), true
	case bool:
		if v {
			return 4, true
		}
		return 5, true
	case time.Time:
		return mix(uint64(v.UnixNano()), 6), true
	}
	return hashOther(reflect.ValueOf(v))
}

// hashOther is for the values that a driver lets pass itself.
func hashOther(v reflect.Value) (h uint64, ok bool) {
	switch {
	case v.CanInt():
		return mix(uint64(v.Int()), 7), true
	case v.CanUint():
		return mix(v.Uint(), 8), true
	case v.CanFloat():
		return mix(math.Float64bits(v.Float()), 9), true
	case v.Kind() == reflect.String:
		return maphash.String(hashSeed, v.String()), true
	}
	return 0, false
}
