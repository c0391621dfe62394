package oteltrace

import (
	"reflect"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// withAttributes is the type of trace.WithAttributes' options: a slice of attributes.
var withAttributes = reflect.TypeOf(trace.WithAttributes())

// readable tells that it still is one.
var readable = withAttributes.Kind() == reflect.Slice && withAttributes.Elem() == reflect.TypeFor[attribute.KeyValue]()

// startConfig is trace.NewSpanStartConfig, without its copy of the attributes: that costs
// more than all that is done with them here. They are read before Start returns, while
// they belong to the caller's option.
func startConfig(opts []trace.SpanStartOption) (c trace.SpanConfig, attrs []attribute.KeyValue) {
	var room [8]trace.SpanStartOption
	rest := room[:0]
	for _, o := range opts {
		if attrs == nil && readable && reflect.TypeOf(o) == withAttributes {
			v := reflect.ValueOf(o)
			attrs = unsafe.Slice((*attribute.KeyValue)(v.UnsafePointer()), v.Len())
			continue
		}
		rest = append(rest, o)
	}
	if len(rest) > 0 {
		c = trace.NewSpanStartConfig(rest...)
	}
	if more := c.Attributes(); len(more) > 0 {
		attrs = append(attrs[:len(attrs):len(attrs)], more...)
	}
	return c, attrs
}
