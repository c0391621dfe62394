package sqltap

import (
	"hash/maphash"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// Described is how a statement is reported that somebody else saw run, such as
// OpenTelemetry's instrumentation of a client.
type Described struct {
	// Handler is what the statement is counted under: its fingerprint.
	Handler *instrument.Handler
	// Hash tells verdicts whether the same was run with the same parameters.
	Hash instrument.Attr
	// Secret tells that it mentions a column that the rules call secret, so that no
	// parameter may be kept.
	Secret bool
}

// Describe gives what a statement is reported as. parameters are the values that it was
// run with, in any form; "" where they are not known. Nil rules are mask.Default().
func Describe(query, parameters string, rules *mask.Rules) Described {
	st := textOf(query)
	if rules == nil {
		rules = mask.Default()
	}
	d := Described{Handler: st.handler, Secret: st.mentionsSecret(rules)}
	switch {
	case parameters != "":
		d.Hash = keyHash.Int64(int64(mix(st.hash, maphash.String(hashSeed, parameters)) | 1))
	case hasPlaceholder(query):
		d.Hash = keyHash.Int64(0) // with what it was run is not known
	default:
		d.Hash = keyHash.Int64(hashOf(st, nil))
	}
	return d
}

// hasPlaceholder tells whether a statement may have parameters: ?, $1, :name, @p1. What
// looks like one inside of a literal makes it say yes, too.
func hasPlaceholder(query string) bool {
	for at := 0; ; {
		i := strings.IndexAny(query[at:], "?$:@")
		if i < 0 {
			return false
		}
		at += i + 1
		switch query[at-1] {
		case '?':
			return true
		case ':':
			if at < len(query) && query[at] == ':' { // a cast
				at++
				continue
			}
		}
		if at < len(query) && isNameRune(rune(query[at])) {
			return true
		}
	}
}
