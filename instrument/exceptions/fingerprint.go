package exceptions

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Fingerprint is what exceptions that are alike have in common, as a positive number
// that is the same in every process and build.
type Fingerprint int64

// String is the fingerprint in 13 letters and digits, as ids of Records are written.
func (f Fingerprint) String() string { return instrument.ID(f).String() }

// ParseFingerprint reads what String wrote.
func ParseFingerprint(text string) (Fingerprint, error) {
	id, err := instrument.ParseID(text)
	if err != nil {
		return 0, fmt.Errorf("parse the id of an exception, %q: it is 13 letters and digits, as the list shows them", text)
	}
	return Fingerprint(id), nil
}

const (
	ownFunctions = 3   // of the stack that count
	maxShape     = 200 // bytes of a message that count
)

// fingerprints gives that of the place and that with the message.
func fingerprints(e *Exception) (place, whole Fingerprint) {
	parts := []string{"error", e.Type}
	if e.Panic {
		parts[0] = "panic"
	}
	n := len(parts)
	for _, f := range e.Stack {
		if f.Own && len(parts) < n+ownFunctions {
			parts = append(parts, function(f.Func))
		}
	}
	if len(parts) == n {
		parts = append(parts, e.Handler.Kind.String(), e.Handler.Name)
	}
	place = sum(parts)
	first, _, _ := strings.Cut(e.Message, "\n")
	return place, sum(append(parts, Shape(first[:min(len(first), maxShape)])))
}

// function is a function's name without the numbers of literals in it, which change as
// others are written above them: "shop.(*Server).Checkout.func" of ".func2.1".
func function(name string) string {
	head, tail, ok := strings.Cut(name, ".func")
	if !ok || strings.Trim(tail, "0123456789-.acefgnopruw") != "" {
		return name
	}
	return head + ".func"
}

func sum(parts []string) Fingerprint {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return Fingerprint(h.Sum64()>>1 | 1<<61) // positive, and of full length when written
}
