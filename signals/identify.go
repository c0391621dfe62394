package signals

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
)

// ErrGone is what a load function of [Identify] returns, wrapped or not, when the value
// is not there any more. A queue gives the call up then: trying again would not help.
var ErrGone = errors.New("it is gone")

// LoadError says that a value which was queued by its id could not be loaded again.
type LoadError struct {
	Model, ID string
	Err       error // of the load function; ErrGone when it is not there any more
}

// Error names the value and why.
func (e *LoadError) Error() string {
	return fmt.Sprintf("signals: load %s %s: %v", e.Model, e.ID, e.Err)
}

// Unwrap is what the load function returned.
func (e *LoadError) Unwrap() error { return e.Err }

// Identify says how values of type T travel through a queue: by id, and are loaded again
// where the call is made, so that receivers see what is current and not what was. T is
// the type as payloads have it, a pointer as a rule; model is its name in what is queued
// and must not change while calls wait. Identify panics when T or model is taken.
//
//	signals.Identify("shop.Order", (*Order).Key, func(ctx context.Context, id string) (*Order, error) {
//		return loadOrder(ctx, id) // signals.ErrGone when there is none
//	})
//
// A field that is to travel as it is, because what counts is how it was, says so with the
// tag `queue:"value"`.
//
// remove takes Identify back; programs need not.
func Identify[T any](model string, id func(T) string, load func(ctx context.Context, id string) (T, error)) (remove func()) {
	m := &identified{model: model, typ: reflect.TypeFor[T]()}
	if model == "" || id == nil || load == nil {
		panic(fmt.Sprintf("signals: Identify %v: the model's name or a function is missing", m.typ))
	}
	m.id = func(v any) string { return id(v.(T)) }
	m.load = func(ctx context.Context, id string) (any, error) { return load(ctx, id) }
	models.mu.Lock()
	defer models.mu.Unlock()
	if other := models.byType[m.typ]; other != nil {
		panic(fmt.Sprintf("signals: Identify %q: the type %v is model %q already", model, m.typ, other.model))
	}
	if other := models.byName[model]; other != nil {
		panic(fmt.Sprintf("signals: Identify %q: the name is that of %v already", model, other.typ))
	}
	if models.byType == nil {
		models.byType, models.byName = map[reflect.Type]*identified{}, map[string]*identified{}
	}
	models.byType[m.typ], models.byName[model] = m, m
	return func() {
		models.mu.Lock()
		defer models.mu.Unlock()
		if models.byType[m.typ] == m {
			delete(models.byType, m.typ)
			delete(models.byName, model)
		}
	}
}

// identified is a type whose values travel by id.
type identified struct {
	model string
	typ   reflect.Type
	id    func(any) string
	load  func(context.Context, string) (any, error)
}

var models struct {
	mu     sync.RWMutex
	byType map[reflect.Type]*identified
	byName map[string]*identified
}

func modelOf(t reflect.Type) *identified {
	models.mu.RLock()
	defer models.mu.RUnlock()
	return models.byType[t]
}

func modelNamed(name string) *identified {
	models.mu.RLock()
	defer models.mu.RUnlock()
	return models.byName[name]
}

// noModels spares looking for them in types.
func noModels() bool {
	models.mu.RLock()
	defer models.mu.RUnlock()
	return len(models.byType) == 0
}

// senderTypes are the types of senders by name, so that one that was queued comes back
// as what receivers compare it with.
var senderTypes sync.Map

// RegisterSender makes a type of senders known to queues, by the name of the type. Types
// with which a receiver was connected ([From]) are known.
func RegisterSender[T comparable]() {
	senderTypes.Store(fullTypeName(reflect.TypeFor[T]()), reflect.TypeFor[T]())
}

func init() { // basic types need no registration
	for _, v := range []any{false, 0, int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0)} {
		learnSender(v)
	}
}

func learnSender(sender any) {
	if sender != nil {
		t := reflect.TypeOf(sender)
		senderTypes.LoadOrStore(fullTypeName(t), t)
	}
}

// fullTypeName is unique as a rule: the path of the package, and the name.
func fullTypeName(t reflect.Type) string {
	if t.PkgPath() == "" || t.Name() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}
