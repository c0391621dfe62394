package middleware

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Annotations are what layers and the view said about a request.
type Annotations struct {
	User  string            // set with SetUser
	Route string            // the pattern that matched; empty until it is known
	Tags  []string          // set with Tag
	Notes map[string]string // set with Note
}

// About gives what has been said about the request of ctx so far, also by inner
// layers: a request log asks when the inner layers have returned.
//
// Layers share this within Record, Exceptions, and layers made with Hooks or
// Share; elsewhere it is empty.
func About(ctx context.Context) Annotations {
	c := callOf(ctx)
	if c == nil {
		return Annotations{}
	}
	c.x.mu.Lock()
	defer c.x.mu.Unlock()
	var a Annotations
	if said := c.x.about; said != nil {
		a = Annotations{User: said.User, Tags: slices.Clone(said.Tags), Notes: maps.Clone(said.Notes)}
	}
	a.Route = c.x.route
	return a
}

// annotations gives what was said, to be written to. The caller holds x.mu.
func (x *exchange) annotations() *Annotations {
	if x.about == nil {
		x.about = &Annotations{}
	}
	return x.about
}

// Share returns a layer that lets the layers around it learn what those inside
// set with SetUser, Tag and Note. It is needed only where none of Record,
// Exceptions and Hooks is around: a Stack is then free of it.
func Share() Layer {
	wired.Store(true)
	return named(layer{name: "share", source: instrument.FuncSource(Share), shares: true, fn: func(next http.Handler) (http.Handler, error) {
		return http.HandlerFunc(next.ServeHTTP), nil
	}})
}

// SetUser says for whom the request runs. The Record around all layers shows
// it, and so does About, although the layer that knows the user is an inner
// one. Outside of a request it does nothing.
func SetUser(ctx context.Context, name string) {
	if c := callOf(ctx); c != nil {
		c.x.mu.Lock()
		c.x.annotations().User = name
		c.x.mu.Unlock()
	}
	rec, _ := instrument.Find(ctx)
	rec.SetUser(name)
}

// maxTags is how many tags are kept.
const maxTags = 16

// Tag marks the request's Record to find it by; a tagged Record is always kept.
// Outside of a request it does nothing.
func Tag(ctx context.Context, tag string) {
	if c := callOf(ctx); c != nil && tag != "" {
		c.x.mu.Lock()
		if a := c.x.annotations(); len(a.Tags) < maxTags && !slices.Contains(a.Tags, tag) {
			a.Tags = append(a.Tags, tag)
		}
		c.x.mu.Unlock()
	}
	rec, _ := instrument.Find(ctx)
	rec.Tag(tag)
}

// maxNotes is how many notes are kept.
const maxNotes = 64

// Note writes something about the request down, to be seen in its Record and by
// outer layers. Names come from the program, not from clients: there are as many
// as the program has. A later value replaces an earlier one in About. Outside of
// a request it does nothing.
func Note(ctx context.Context, name, value string) {
	if c := callOf(ctx); c != nil {
		c.x.mu.Lock()
		a := c.x.annotations()
		if a.Notes == nil {
			a.Notes = map[string]string{}
		}
		if _, known := a.Notes[name]; known || len(a.Notes) < maxNotes {
			a.Notes[name] = value
		}
		c.x.mu.Unlock()
	}
	if rec, _ := instrument.Find(ctx); rec != nil {
		rec.Set(instrument.NewKey("note." + name).String(value))
	}
}

// setRoute notes which route was chosen, and with the first one, which is the innermost,
// the values in its path.
func (x *exchange) setRoute(r *http.Request) {
	x.mu.Lock()
	x.route = r.Pattern
	first := !x.routed
	x.routed = true
	x.mu.Unlock()
	if first && x.rec != nil {
		if values := routeValues(r); values != "" {
			x.rec.Set(keyRouteValues.String(values))
		}
	}
}
