// Package dump shows values on the request that they belong to, instead of in a terminal:
//
//	cart = dump.Value(ctx, "cart before discounts", cart)
//
// The value appears in the record's panel Custom and in its waterfall, at the moment of
// the call and with its place in the code, masked and indented. It is copied as text at
// once, so that it shows what v was then.
//
// It costs what printing costs, when the call belongs to a Record, and nothing
// otherwise: a call that is left in does no harm where the toolbar is off.
package dump

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// Kind is the kind of the spans.
var Kind = instrument.RegisterKind("dump")

// MaxText is how many bytes of a value are kept.
const MaxText = 8 << 10

var (
	keyValue = instrument.NewKey("dump.value")
	keyType  = instrument.NewKey("dump.type")
)

// rules are those of SetRules; nil is mask.Default.
var rules atomic.Pointer[mask.Rules]

// SetRules sets what is hidden in values. Package toolbar sets its Config.Mask. Nil, as at
// first: mask.Default.
func SetRules(r *mask.Rules) { rules.Store(r) }

// Value shows v under a name, which may be "", on the Record of ctx or of the goroutine,
// and gives v back. Struct tags and names of fields hide what is secret, as everywhere:
// see [mask.Rules.Struct]. Like fmt it must not run while another goroutine writes to a
// map in v.
func Value[T any](ctx context.Context, name string, v T) T {
	show(ctx, name, v)
	return v
}

// show never fails: what goes wrong in a value's own methods, mask contains.
func show(ctx context.Context, name string, v any) {
	if rec, _ := instrument.Find(ctx); rec == nil {
		return
	}
	typ := fmt.Sprintf("%T", v)
	if name == "" {
		name = typ
	}
	text := rules.Load().Tree(v, MaxText)
	instrument.Event(ctx, instrument.NewHandler(Kind, name, instrument.Source{}),
		keyType.String(typ), keyValue.Masked(text), instrument.Callers(1, 1))
}
