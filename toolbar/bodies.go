package toolbar

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// Bodies says when the bodies of requests and responses are kept, and with them forms,
// the names of uploads, cookies and sessions. All of it is masked.
type Bodies uint8

// The zero Bodies is for development.
const (
	BodiesInDevelopment Bodies = iota // while Keep is zero: everything is kept then
	BodiesAlways
	BodiesNever
)

// String is the name without its prefix.
func (b Bodies) String() string {
	switch b {
	case BodiesInDevelopment:
		return "in development"
	case BodiesAlways:
		return "always"
	case BodiesNever:
		return "never"
	}
	return "unknown"
}

func (c *Config) keepsBodies() bool {
	return c.Bodies == BodiesAlways || c.Bodies == BodiesInDevelopment && c.development()
}

// recordOptions say what of a request is recorded.
func (t *Toolbar) recordOptions() middleware.RecordOptions {
	c := &t.config
	o := middleware.RecordOptions{
		Ignore:         t.ignoresPath,
		Bodies:         c.keepsBodies(),
		MaxBody:        c.MaxBody,
		Mask:           c.Mask,
		Own:            []string{HeaderID},
		TrustedProxies: c.TrustedProxies,
	}
	if c.InterceptRedirects {
		o.RedirectTime = 10 * time.Minute // somebody looks at the page in its place first
	}
	return o
}
