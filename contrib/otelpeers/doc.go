// Package otelpeers has tests only: libraries that are instrumented for OpenTelemetry,
// against the servers that they are for, with the toolbar as their TracerProvider; and a
// collector that receives what the toolbar exports. It is a module of its own so that
// none of them is a dependency of the toolbar.
package otelpeers
