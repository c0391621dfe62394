package signals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// node is a value as a queue keeps it.
type node struct {
	Type   string          `json:"type"` // one of the below
	Model  string          `json:"model,omitempty"`
	PK     string          `json:"pk,omitempty"`
	Go     string          `json:"go,omitempty"` // the type of a sender that is no string
	Value  json.RawMessage `json:"value,omitempty"`
	Fields map[string]node `json:"fields,omitempty"`
	Items  []node          `json:"items,omitempty"`
}

// The types of nodes.
const (
	nodeModel  = "model_instance" // Model and PK: loaded again
	nodeValue  = "value"          // Value: what JSON keeps of it
	nodeStruct = "struct"         // Fields
	nodeMap    = "map"            // Fields
	nodeList   = "list"           // Items
)

// wireCall is a Call as JSON.
type wireCall struct {
	Signal   string    `json:"signal"`
	Receiver string    `json:"receiver,omitempty"`
	Sender   *node     `json:"sender,omitempty"`
	Payload  node      `json:"payload"`
	Scope    wireScope `json:"scope,omitzero"`
	Cause    string    `json:"cause,omitempty"`
	Done     []string  `json:"done,omitempty"`
}

type wireScope struct {
	RequestID   string        `json:"request_id,omitempty"`
	User        string        `json:"user,omitempty"`
	IP          netip.Addr    `json:"ip,omitzero"`
	UserAgent   string        `json:"user_agent,omitempty"`
	Traceparent string        `json:"traceparent,omitempty"`
	Record      instrument.ID `json:"record,omitempty"`
}

// MarshalJSON gives the call as data, for queues; [DecodeCall] reads it. Values whose
// type has an identity ([Identify]) are told by model and id, everything else as
// encoding/json has it. It fails for what JSON does not keep, and for a sender of a type
// that nobody would know again.
func (c Call) MarshalJSON() ([]byte, error) {
	w := wireCall{Signal: c.Signal, Receiver: c.Receiver, Scope: wireScope(c.Scope), Done: c.Done}
	var err error
	if w.Payload, err = encodeNode(reflect.ValueOf(c.Payload), 0); err != nil {
		return nil, fmt.Errorf("the payload cannot be queued: %w", err)
	}
	if w.Sender, err = encodeSender(c.Sender); err != nil {
		return nil, fmt.Errorf("the sender cannot be queued: %w", err)
	}
	if c.Cause != nil {
		w.Cause = c.Cause.Error()
	}
	return json.Marshal(w)
}

// DecodeCall reads what [Call.MarshalJSON] gave, and loads values that travel by id. It
// fails with a [*TargetError] when the program has no such signal, with a [*LoadError]
// when a value cannot be loaded, and when the payload is not of the signal's type any
// more.
func DecodeCall(ctx context.Context, text []byte) (Call, error) {
	var w wireCall
	if err := json.Unmarshal(text, &w); err != nil {
		return Call{}, fmt.Errorf("signals: decode call: %w", err)
	}
	s, ok := Lookup(w.Signal)
	if !ok {
		return Call{}, &TargetError{Signal: w.Signal}
	}
	return w.call(ctx, s)
}

// RoundTrip is the call as it comes out of a queue that keeps it as data: what is lost
// on such a way is lost here. It fails where it cannot be kept, and where JSON would
// change the payload; values that travel by id are loaded again and may differ. Tests
// and eager queues use it.
func (c Call) RoundTrip(ctx context.Context) (Call, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return Call{}, err
	}
	s := c.signal
	if s == nil {
		return DecodeCall(ctx, text)
	}
	var w wireCall
	if err := json.Unmarshal(text, &w); err != nil {
		return Call{}, err
	}
	back, err := w.call(ctx, s)
	if err == nil && w.Payload.Type == nodeValue && !reflect.DeepEqual(back.Payload, c.Payload) {
		err = fmt.Errorf("JSON makes %+v of %+v", back.Payload, c.Payload)
	}
	return back, err
}

// call is w for the signal that it names.
func (w *wireCall) call(ctx context.Context, s AnySignal) (Call, error) {
	c := Call{Signal: w.Signal, Receiver: w.Receiver, Scope: Scope(w.Scope), Done: w.Done, signal: s}
	if w.Cause != "" {
		c.Cause = errors.New(w.Cause)
	}
	if c.Scope != (Scope{}) {
		ctx = WithScope(ctx, c.Scope)
	}
	payload := reflect.New(s.PayloadType()).Elem()
	if err := decodeNode(ctx, &w.Payload, payload); err != nil {
		return Call{}, fmt.Errorf("signals: decode the payload of %q: %w", w.Signal, err)
	}
	c.Payload = payload.Interface()
	var err error
	if c.Sender, err = decodeSender(ctx, w.Sender); err != nil {
		return Call{}, fmt.Errorf("signals: decode the sender of %q: %w", w.Signal, err)
	}
	return c, nil
}

// maxNesting bounds how deep values are looked into for those that travel by id.
const maxNesting = 32

var errNesting = fmt.Errorf("it is nested more than %d deep", maxNesting)

func encodeNode(v reflect.Value, depth int) (node, error) {
	if !v.IsValid() {
		return node{Type: nodeValue, Value: json.RawMessage("null")}, nil
	}
	if m := modelOf(v.Type()); m != nil && !isNil(v) {
		return encodeModel(m, v)
	}
	if noModels() || !holdsModels(v.Type(), nil) || isNil(v) {
		return encodePlain(v)
	}
	if depth > maxNesting {
		return node{}, errNesting
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return encodeNode(v.Elem(), depth+1)
	case reflect.Struct:
		return encodeStruct(v, depth)
	case reflect.Map:
		return encodeMap(v, depth)
	default: // a slice or an array: nothing else holds models
		return encodeList(v, depth)
	}
}

func encodePlain(v reflect.Value) (node, error) {
	text, err := json.Marshal(v.Interface())
	return node{Type: nodeValue, Value: text}, err
}

func encodeModel(m *identified, v reflect.Value) (node, error) {
	id := m.id(v.Interface())
	if id == "" {
		return node{}, fmt.Errorf("a %s has no id yet: queue it once it is saved", m.model)
	}
	return node{Type: nodeModel, Model: m.model, PK: id}, nil
}

func encodeStruct(v reflect.Value, depth int) (node, error) {
	n := node{Type: nodeStruct, Fields: map[string]node{}}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Tag.Get("json") == "-" {
			continue
		}
		encode := encodeNode
		if f.Tag.Get("queue") == nodeValue {
			encode = func(v reflect.Value, _ int) (node, error) { return encodePlain(v) }
		}
		in, err := encode(v.Field(i), depth+1)
		if err != nil {
			return node{}, fmt.Errorf("field %s: %w", f.Name, err)
		}
		n.Fields[f.Name] = in
	}
	return n, nil
}

func encodeMap(v reflect.Value, depth int) (node, error) {
	n := node{Type: nodeMap, Fields: map[string]node{}}
	for key, value := range v.Seq2() {
		in, err := encodeNode(value, depth+1)
		if err != nil {
			return node{}, fmt.Errorf("key %v: %w", key, err)
		}
		n.Fields[key.String()] = in
	}
	return n, nil
}

func encodeList(v reflect.Value, depth int) (node, error) {
	n := node{Type: nodeList, Items: make([]node, 0, v.Len())}
	for i := range v.Len() {
		in, err := encodeNode(v.Index(i), depth+1)
		if err != nil {
			return node{}, fmt.Errorf("item %d: %w", i, err)
		}
		n.Items = append(n.Items, in)
	}
	return n, nil
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer, reflect.Map, reflect.Slice:
		return v.IsNil()
	}
	return false
}

var (
	marshalerType = reflect.TypeFor[json.Marshaler]()
	anyType       = reflect.TypeFor[any]()
)

// holdsModels says whether a value of the type may hold one that travels by id. A type
// that writes its own JSON does not.
func holdsModels(t reflect.Type, seen []reflect.Type) bool {
	if modelOf(t) != nil {
		return true
	}
	for _, s := range seen {
		if s == t {
			return false
		}
	}
	if t.Implements(marshalerType) || reflect.PointerTo(t).Implements(marshalerType) {
		return false
	}
	seen = append(seen, t)
	switch t.Kind() {
	case reflect.Interface:
		return t == anyType
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holdsModels(t.Elem(), seen)
	case reflect.Map:
		return t.Key().Kind() == reflect.String && holdsModels(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && f.Tag.Get("queue") != nodeValue && holdsModels(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// decodeNode fills into with what the node holds.
func decodeNode(ctx context.Context, n *node, into reflect.Value) error {
	switch n.Type {
	case nodeValue:
		return json.Unmarshal(n.Value, into.Addr().Interface())
	case nodeModel:
		return decodeModel(ctx, n, into)
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		return decodeNode(ctx, n, into.Elem())
	}
	switch {
	case n.Type == nodeStruct && into.Kind() == reflect.Struct:
		return decodeStruct(ctx, n, into)
	case n.Type == nodeMap && into.Kind() == reflect.Map:
		return decodeMap(ctx, n, into)
	case n.Type == nodeList && (into.Kind() == reflect.Slice || into.Kind() == reflect.Array):
		return decodeList(ctx, n, into)
	case into.Type() == anyType:
		return decodeAny(ctx, n, into)
	}
	return fmt.Errorf("a %s does not fit into a %v", n.Type, into.Type())
}

func decodeModel(ctx context.Context, n *node, into reflect.Value) error {
	m := modelNamed(n.Model)
	if m == nil {
		return fmt.Errorf("no model is called %q: see signals.Identify", n.Model)
	}
	v, err := m.load(ctx, n.PK)
	if err != nil {
		return &LoadError{n.Model, n.PK, err}
	}
	rv := reflect.ValueOf(v)
	if isNil(rv) {
		return &LoadError{n.Model, n.PK, ErrGone}
	}
	if !rv.Type().AssignableTo(into.Type()) {
		return fmt.Errorf("a %s does not fit into a %v", n.Model, into.Type())
	}
	into.Set(rv)
	return nil
}

func decodeStruct(ctx context.Context, n *node, into reflect.Value) error {
	for name, in := range n.Fields {
		f := into.FieldByName(name)
		if !f.IsValid() || !f.CanSet() {
			continue // the field is gone since: as encoding/json does
		}
		if err := decodeNode(ctx, &in, f); err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
	}
	return nil
}

func decodeMap(ctx context.Context, n *node, into reflect.Value) error {
	into.Set(reflect.MakeMapWithSize(into.Type(), len(n.Fields)))
	for key, in := range n.Fields {
		v := reflect.New(into.Type().Elem()).Elem()
		if err := decodeNode(ctx, &in, v); err != nil {
			return fmt.Errorf("key %s: %w", key, err)
		}
		into.SetMapIndex(reflect.ValueOf(key).Convert(into.Type().Key()), v)
	}
	return nil
}

func decodeList(ctx context.Context, n *node, into reflect.Value) error {
	if into.Kind() == reflect.Slice {
		into.Set(reflect.MakeSlice(into.Type(), len(n.Items), len(n.Items)))
	}
	for i := range min(len(n.Items), into.Len()) {
		if err := decodeNode(ctx, &n.Items[i], into.Index(i)); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	return nil
}

// decodeAny gives what encoding/json would, with the values that travel by id in it.
func decodeAny(ctx context.Context, n *node, into reflect.Value) error {
	var v reflect.Value
	if n.Type == nodeList {
		v = reflect.New(reflect.TypeFor[[]any]()).Elem()
	} else {
		v, n.Type = reflect.New(reflect.TypeFor[map[string]any]()).Elem(), nodeMap
	}
	if err := decodeNode(ctx, n, v); err != nil {
		return err
	}
	into.Set(v)
	return nil
}

// encodeSender tells who sent: receivers compare it, so its type has to come back.
func encodeSender(sender any) (*node, error) {
	if sender == nil {
		return nil, nil
	}
	v := reflect.ValueOf(sender)
	if m := modelOf(v.Type()); m != nil && !isNil(v) {
		n, err := encodeModel(m, v)
		return &n, err
	}
	n, err := encodePlain(v)
	if err != nil {
		return nil, err
	}
	if _, text := sender.(string); text {
		return &n, nil
	}
	n.Go = fullTypeName(v.Type())
	if _, known := senderTypes.Load(n.Go); !known {
		return nil, fmt.Errorf("nobody would know a %s again: use a string, or name the type with signals.RegisterSender", n.Go)
	}
	back := reflect.New(v.Type()).Elem()
	if json.Unmarshal(n.Value, back.Addr().Interface()) != nil || back.Interface() != sender {
		return nil, fmt.Errorf("JSON does not keep the %s %v", n.Go, sender)
	}
	return &n, nil
}

func decodeSender(ctx context.Context, n *node) (any, error) {
	if n == nil {
		return nil, nil
	}
	t := reflect.TypeFor[string]()
	switch {
	case n.Type == nodeModel:
		t = anyType
	case n.Go != "":
		known, ok := senderTypes.Load(n.Go)
		if !ok {
			return nil, fmt.Errorf("no sender's type is called %s: see signals.RegisterSender", n.Go)
		}
		t = known.(reflect.Type)
	}
	v := reflect.New(t).Elem()
	err := decodeNode(ctx, n, v)
	return v.Interface(), err
}
