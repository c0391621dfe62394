package middleware

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Warning is an order of layers that is known to go wrong.
type Warning struct {
	Outer, Inner string // the names of the two layers, as they are now
	Reason       string // what goes wrong, and what to do
}

// String is the warning in one line.
func (w Warning) String() string {
	return fmt.Sprintf("layer %q is outside of %q: %s", w.Outer, w.Inner, w.Reason)
}

// Check looks for orders of layers that are known to go wrong. It knows what a
// layer is for by its name, so it can be mistaken, and it says nothing about
// names that mean nothing to it. Build logs what it finds.
func (s *Stack) Check() (all []Warning) {
	layers := s.list()
	for i, outer := range layers {
		for _, inner := range layers[i+1:] {
			if reason := conflict(outer, inner); reason != "" {
				all = append(all, Warning{outer.name, inner.name, reason})
			}
		}
	}
	return all
}

// order says why a layer of one role must not be outside of another.
type order struct{ outer, inner, reason string }

// orders are taken from what frameworks recommend: security, compression,
// session, conditional requests, cross-site checks, authentication.
var orders = []order{
	{"auth", "session", "it reads the session before that is loaded; put the session outside"},
	{"messages", "session", "messages are kept in the session; put the session outside"},
	{"etag", "compress", "the tag is made of compressed bytes and differs with the encoding; put the compression outside"},
	{"compress", "compress", "what is compressed already is compressed again; keep one of them"},
	{"cache", "auth", "a hit is sent before it is known who asks; put the authentication outside"},
	{"cache", "session", "pages of one user's session may be sent to another; put the session outside"},
	{"auth", "cors", "a preflight request carries no credentials and is refused; put CORS outside"},
	{"csrf", "cors", "a preflight request carries no token and is refused; put CORS outside"},
	{"ratelimit", "realip", "it counts the proxy's address, not the client's; put the layer that finds the address outside"},
	{"log", "realip", "it logs the proxy's address, not the client's; put the layer that finds the address outside"},
	{"log", "requestid", "the id is not known there; put the layer that makes it outside"},
	{"timeout", "log", "an answer that came too late is logged as if it had been sent; put the log outside"},
}

func conflict(outer, inner layer) string {
	if outer.hooks != nil && outer.hooks.exception != nil && inner.exc != nil {
		return "its ProcessException is never called, because the errors end inside; put the exceptions layer outside"
	}
	a, b := roles(outer.name), roles(inner.name)
	for _, o := range orders {
		if slices.Contains(a, o.outer) && slices.Contains(b, o.inner) {
			return o.reason
		}
	}
	return ""
}

// roleWords are the words of names by which layers are known.
var roleWords = map[string][]string{
	"auth":      {"auth", "authn", "authenticate", "authenticated", "authentication", "authenticator", "authorize", "authorization", "basicauth", "login", "jwt", "oauth", "oidc"},
	"session":   {"session", "sessions", "scs"},
	"csrf":      {"csrf", "xsrf", "nosurf"},
	"messages":  {"messages", "flash", "flashes"},
	"compress":  {"gzip", "gz", "gzhttp", "compress", "compression", "compressor", "deflate", "brotli", "zstd"},
	"etag":      {"etag", "etags", "conditional"},
	"cache":     {"cache", "cached", "caching"},
	"cors":      {"cors"},
	"ratelimit": {"ratelimit", "ratelimiter", "limiter", "throttle", "httprate"},
	"realip":    {"realip", "proxyheaders"},
	"requestid": {"requestid"},
	"log":       {"log", "logger", "logging", "requestlog", "accesslog", "httplog"},
	"timeout":   {"timeout"},
}

var (
	wordEdge = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	notWord  = regexp.MustCompile(`[^A-Za-z0-9]+`)
)

// roles are what a layer of that name is probably for. Neighbouring words count
// together too: "RealIP" and "real-ip" are "realip". The package name counts only
// where the function's says nothing.
func roles(name string) []string {
	pkg, fn, found := strings.Cut(name, ".")
	if !found {
		return rolesOf(name)
	}
	if r := rolesOf(fn); len(r) > 0 {
		return r
	}
	return rolesOf(pkg)
}

func rolesOf(name string) (all []string) {
	words := notWord.Split(strings.ToLower(wordEdge.ReplaceAllString(name, "$1 $2")), -1)
	for i := range words[:max(0, len(words)-1)] {
		words = append(words, words[i]+words[i+1])
	}
	if slices.Contains(words, "cachecontrol") || slices.Contains(words, "nocache") {
		return nil // it sets a header and keeps nothing
	}
	for role, known := range roleWords {
		if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(known, w) }) {
			all = append(all, role)
		}
	}
	return all
}
