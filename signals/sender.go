package signals

import (
	"fmt"
	"reflect"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// SenderError refuses a sender that cannot be compared: a slice, a map, a function,
// or a struct, array or interface that holds one.
type SenderError struct{ Type reflect.Type }

// Error names the type and says what to use instead.
func (e *SenderError) Error() string {
	return fmt.Sprintf("sender of type %v cannot be compared; use a string, a number, a pointer or a comparable struct", e.Type)
}

// checkSender keeps == from panicking in a send. Types that hold interfaces may be
// comparable or not, depending on the value.
func checkSender(sender any) error {
	switch sender.(type) {
	case nil, string, int:
		return nil
	}
	t := reflect.TypeOf(sender)
	switch t.Kind() {
	case reflect.Struct, reflect.Array:
		if !reflect.ValueOf(sender).Comparable() {
			return &SenderError{t}
		}
	case reflect.Slice, reflect.Map, reflect.Func:
		return &SenderError{t}
	}
	return nil
}

// senderName is the sender as traces show it: a string itself, else its type.
func senderName(sender any) string {
	if s, ok := sender.(string); ok {
		return s
	}
	return reflect.TypeOf(sender).String()
}

// senderAttr is the sender as an attribute; none for nil.
func senderAttr(sender any) instrument.Attr {
	if sender == nil {
		return instrument.Attr{}
	}
	return instrument.KeySender.String(senderName(sender))
}
