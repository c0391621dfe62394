package middleware

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// unmatched is the name of requests that no pattern matches: a path would make
// as many names as clients think of.
const unmatched = "unmatched"

var unmatchedRoute = instrument.NewHandler(instrument.KindRequest, unmatched, instrument.Source{})

// routes has, for each pattern, the handlers of the methods it was asked with.
var routes patternTable[*methodHandlers]

// methodHandlers are indexed like methods.
type methodHandlers [10]*instrument.Handler

// methods are those that a name may contain. Any other is the first: a client
// can send whatever it likes.
var methods = [len(methodHandlers{})]string{"_OTHER", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"}

func methodIndex(method string) int {
	for i := 1; i < len(methods); i++ {
		if methods[i] == method {
			return i
		}
	}
	return 0
}

// routeHandler is what a request that matched a pattern is counted for: the
// pattern with its method, "POST /orders". A pattern for every method gets the
// one of the request.
func routeHandler(r *http.Request) *instrument.Handler {
	if r.Pattern == "" {
		return unmatchedRoute
	}
	all, ok := routes.get(r.Pattern)
	if !ok {
		all = namedRoutes(r.Pattern)
		routes.set(r.Pattern, all)
	}
	return all[methodIndex(r.Method)]
}

var keyRouteValues = instrument.NewKey("http.route.values")

// wildcards has the names of the path values of each pattern.
var wildcards patternTable[[]string]

// routeValues are the path values of r in the form of a query: "id=7&slug=shoes".
func routeValues(r *http.Request) string {
	if !strings.ContainsAny(r.Pattern, "{:*") {
		return ""
	}
	names, ok := wildcards.get(r.Pattern)
	if !ok {
		names = wildcardNames(r.Pattern)
		wildcards.set(r.Pattern, names)
	}
	var b strings.Builder
	for _, name := range names {
		if v := r.PathValue(name); v != "" {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(name)
			b.WriteByte('=')
			b.WriteString(url.QueryEscape(v))
		}
	}
	return b.String()
}

// wildcardNames reads a pattern as routers write it: "{id}", "{path...}", "{id:[0-9]+}",
// ":id", "*path", and "*" alone.
func wildcardNames(pattern string) (names []string) {
	_, path, ok := strings.Cut(pattern, "/")
	if !ok {
		return nil
	}
	for segment := range strings.SplitSeq(path, "/") {
		for rest := segment; ; {
			_, after, found := strings.Cut(rest, "{")
			if !found {
				break
			}
			name, tail, _ := strings.Cut(after, "}")
			name, _, _ = strings.Cut(strings.TrimSuffix(name, "..."), ":")
			if name != "" && name != "$" {
				names = append(names, name)
			}
			rest = tail
		}
		if len(segment) > 1 && (segment[0] == ':' || segment[0] == '*') {
			names = append(names, segment[1:])
		}
		if segment == "*" {
			names = append(names, segment)
		}
	}
	return names
}

func namedRoutes(pattern string) *methodHandlers {
	var all methodHandlers
	for i, method := range methods {
		name := pattern
		if m, _, ok := strings.Cut(pattern, " "); !ok || methodIndex(m) == 0 {
			name = method + " " + pattern
		}
		all[i] = instrument.NewHandler(instrument.KindRequest, name, instrument.Source{})
	}
	return &all
}
