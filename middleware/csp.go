package middleware

import (
	"net/http"
	"slices"
	"strings"
)

// A page's content security policy decides whether a script of our own may
// run in it. It is only read: nothing is added to it, and a nonce is taken
// from the response alone, since the request is the client's to write.

// scriptPolicy is what one policy says about an external script.
type scriptPolicy struct {
	open   bool // a script from the page's own origin may run without a nonce
	nonces []string
}

// scriptNonce reads the policies of a response, those that only report
// included, because a violation is an error in the page's console or reports.
// allowed tells whether a script from the page's own origin may run, and
// nonce is what its tag must carry, if anything.
func scriptNonce(r *http.Request, h http.Header) (nonce string, allowed bool) {
	var common []string // nonces that suit all policies read so far
	var closed bool
	for _, p := range scriptPolicies(r, h) {
		switch {
		case p.open && len(p.nonces) == 0:
		case p.open && closed:
		case closed:
			common = slices.DeleteFunc(common, func(n string) bool { return !slices.Contains(p.nonces, n) })
		case !p.open:
			closed = true
			common = p.nonces
		case common == nil:
			common = p.nonces
		}
	}
	if len(common) > 0 {
		return common[0], true
	}
	return "", !closed
}

func scriptPolicies(r *http.Request, h http.Header) (all []scriptPolicy) {
	for _, key := range []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
		for _, line := range h[key] {
			for policy := range strings.SplitSeq(line, ",") {
				all = append(all, parseScriptPolicy(r, policy))
			}
		}
	}
	return all
}

// parseScriptPolicy reads one policy.
func parseScriptPolicy(r *http.Request, policy string) scriptPolicy {
	directives := map[string][]string{}
	for d := range strings.SplitSeq(policy, ";") {
		f := strings.Fields(d)
		if len(f) == 0 {
			continue
		}
		name := strings.ToLower(f[0])
		if _, again := directives[name]; !again { // the first one counts
			directives[name] = f[1:]
		}
	}
	if box, ok := directives["sandbox"]; ok && !slices.Contains(box, "allow-scripts") {
		return scriptPolicy{}
	}
	for _, name := range []string{"script-src-elem", "script-src", "default-src"} {
		if sources, ok := directives[name]; ok {
			return readSources(r, sources)
		}
	}
	return scriptPolicy{open: true}
}

func readSources(r *http.Request, sources []string) (p scriptPolicy) {
	strict := false
	for _, s := range sources {
		low := strings.ToLower(s)
		if nonce, ok := strings.CutPrefix(low, "'nonce-"); ok {
			nonce = strings.TrimSuffix(s[len(s)-len(nonce):], "'")
			if validNonce(nonce) {
				p.nonces = append(p.nonces, nonce)
			}
			continue
		}
		strict = strict || low == "'strict-dynamic'"
		p.open = p.open || ownOrigin(r, low)
	}
	p.open = p.open && !strict
	return p
}

// ownOrigin reports whether a source expression, in lower case, stands for
// the origin that the page came from. In doubt it says no.
func ownOrigin(r *http.Request, source string) bool {
	switch source {
	case "*", "'self'", "http:":
		return true // "http:" stands for https as well
	case "https:":
		return r.TLS != nil
	}
	scheme, host, ok := strings.Cut(source, "://")
	if !ok {
		host = source
	} else if scheme == "https" && r.TLS == nil {
		return false
	}
	return host != "" && strings.TrimSuffix(host, "/") == strings.ToLower(r.Host)
}

// validNonce accepts base64 in both alphabets, as the policy grammar does, so
// that what it accepts can stand in an attribute as it is.
func validNonce(s string) bool {
	body := strings.TrimRight(s, "=")
	return body != "" && strings.Trim(body, nonceChars) == ""
}

const nonceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
