// Package oteltrace lets OpenTelemetry and the debug toolbar see each other's spans.
//
// A [Provider] is a trace.TracerProvider. What an instrumented library (otelpgx,
// redisotel, otelgrpc, ...) reports to it becomes a span of the Record that the library
// was called in, of the kind that OpenTelemetry's semantic conventions tell:
//
//	db.* with a statement          query, counted by the statement's fingerprint; prepare
//	redis, memcached, valkey       cache
//	HTTP and RPC clients           call
//	messaging.*                    messaging
//	all else                       custom
//
// Outside of any Record a server's span begins one of kind request, a consumer's one of
// kind task. Other spans are counted there, like all that is instrumented, and not kept:
// [Config].Root changes that.
//
// The Provider's spans have real ids, which propagators pass on, and within a Record
// trace.SpanFromContext finds a span wherever the context comes from, so that an app's
// own calls of the OpenTelemetry API land in the right place.
//
// An [Exporter] goes the other way: Records become spans of a TracerProvider that the app
// has, when they have ended, on a goroutine of its own.
//
// Apps with the OpenTelemetry SDK, whose spans are to stay where they are and to be seen
// here as well, use package otelsdk.
package oteltrace
