package middleware

import (
	"net/http"
	"slices"
	"strings"
)

// A page's content security policy decides whether a script of our own may
// run in it. It is only read: nothing is added to it, and a nonce is taken
// from the response alone, since the request is the client's to write.

// pagePolicy is what one policy says about what the snippet needs.
type pagePolicy struct {
	script sources
	loads  []sources // by Injection.Loads
}

// sources are where something may come from, as far as it concerns us.
type sources struct {
	open   bool // from the page's own origin, without a nonce
	nonces []string
}

func (s *sources) allow(nonce string) bool {
	return s.open || nonce != "" && slices.Contains(s.nonces, nonce)
}

// allows reports whether the policy lets the snippet work if it carries nonce.
func (p *pagePolicy) allows(nonce string) bool {
	return p.script.allow(nonce) && !slices.ContainsFunc(p.loads, func(s sources) bool { return !s.allow(nonce) })
}

// ScriptNonce reads the policies of a response, those that only report
// included, because a violation is an error in the page's console or reports.
// allowed tells whether a script from the page's own origin may run and load what
// Loads says, and nonce is what its tag must carry, if anything. [Inject] asks it for
// each page; it is for who writes a page with a snippet itself.
func (o *Injection) ScriptNonce(r *http.Request, h http.Header) (nonce string, allowed bool) {
	policies := o.policies(r, h)
	var nonces []string
	for _, p := range policies {
		nonces = append(nonces, p.script.nonces...)
	}
	for _, p := range policies {
		for _, s := range p.loads {
			nonces = append(nonces, s.nonces...)
		}
	}
	for _, nonce := range append(nonces, "") {
		if !slices.ContainsFunc(policies, func(p pagePolicy) bool { return !p.allows(nonce) }) {
			return nonce, true
		}
	}
	return "", false
}

func (o *Injection) policies(r *http.Request, h http.Header) (all []pagePolicy) {
	for _, key := range []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
		for _, line := range h[key] {
			for policy := range strings.SplitSeq(line, ",") {
				all = append(all, o.policy(r, policy))
			}
		}
	}
	return all
}

// policy reads one policy.
func (o *Injection) policy(r *http.Request, policy string) pagePolicy {
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
	if box, ok := directives["sandbox"]; ok {
		own := slices.Contains(box, "allow-same-origin") // otherwise the page has no origin of its own
		if !slices.Contains(box, "allow-scripts") || len(o.Loads) > 0 && !own {
			return pagePolicy{loads: make([]sources, len(o.Loads))}
		}
	}
	p := pagePolicy{script: readDirective(r, directives, "script-src")}
	for _, name := range o.Loads {
		p.loads = append(p.loads, readDirective(r, directives, name))
	}
	return p
}

// readDirective reads the sources for a directive: its own, or those that stand for it.
func readDirective(r *http.Request, directives map[string][]string, name string) sources {
	for _, name := range []string{name + "-elem", name, "default-src"} {
		if list, ok := directives[name]; ok {
			return readSources(r, list, name != "connect-src")
		}
	}
	return sources{open: true}
}

const nonceSource = "'nonce-"

func readSources(r *http.Request, list []string, nonces bool) (p sources) {
	strict := false
	for _, s := range list {
		if len(s) >= len(nonceSource) && strings.EqualFold(s[:len(nonceSource)], nonceSource) {
			nonce, closed := strings.CutSuffix(s[len(nonceSource):], "'")
			if nonces && closed && validNonce(nonce) {
				p.nonces = append(p.nonces, nonce)
			}
			continue
		}
		low := strings.ToLower(s) // may be longer: of bytes that are no UTF-8
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
