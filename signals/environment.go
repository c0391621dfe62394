package signals

import (
	"context"
	"os"
	"sync/atomic"
)

// environment is the app's own way to tell where it runs; nil for the usual one.
var environment atomic.Pointer[func() string]

// Environment is where the program runs: what [WithEnvironment] put into ctx, else
// what the function given to [SetEnvironment] says, else the environment variable
// APP_ENV. It is asked anew at every send.
func Environment(ctx context.Context) string {
	if name, ok := ctx.Value(environmentKey).(string); ok {
		return name
	}
	if fn := environment.Load(); fn != nil {
		return (*fn)()
	}
	return os.Getenv("APP_ENV")
}

// SetEnvironment makes fn tell where the program runs; nil goes back to APP_ENV.
func SetEnvironment(fn func() string) {
	if fn == nil {
		environment.Store(nil)
		return
	}
	environment.Store(&fn)
}

// WithEnvironment overrides the environment for what is sent with the context that
// it gives. Tests that run in parallel each have their own in that way.
func WithEnvironment(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, environmentKey, name)
}
