package mask

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Redacted stands where a value has been hidden.
const Redacted = "[redacted]"

// Failed stands where a hook or pattern of the app panicked, or the package
// itself did. The value that it was given is gone.
const Failed = "[redaction failed]"

// Options adds to the built-in rules. The zero value adds nothing.
type Options struct {
	// Deny are further names whose values are hidden, wherever they occur in a
	// key: "loyalty" hides loyalty_id and X-Loyalty. Case, separators and
	// percent-encoding are ignored.
	Deny []string

	// Allow are whole names that stay visible although Deny, the guess that a
	// name ending in "key" is secret, or the safe list of headers and cookies
	// would hide them. A name that the built-in list calls sensitive cannot be
	// allowed: New refuses it.
	Allow []string

	// Patterns hide what they match in free text. Empty matches are ignored.
	// They run after the built-in rules, on every text, at their own cost: a
	// typical one reads 10 MB a second.
	Patterns []*regexp.Regexp

	// Hook, if set, is asked for every keyed value that the key rules leave
	// visible. It returns the text to keep and true, or false for no opinion.
	// What it returns still passes the value rules. It runs on the caller's
	// goroutine and must be quick and safe for concurrent use.
	Hook func(key, value string) (string, bool)
}

// Rules is an immutable set of rules, safe for concurrent use. A nil *Rules
// works as Default does.
type Rules struct {
	keys     *automaton
	deny     []string // of Options, normalised
	allow    map[string]bool
	patterns []*regexp.Regexp
	hook     func(key, value string) (string, bool)
	types    sync.Map // reflect.Type -> []field, for Struct
}

// Default returns the built-in rules, which everyone shares.
func Default() *Rules { return builtin() }

var builtin = sync.OnceValue(func() *Rules {
	r, err := New(Options{})
	if err != nil {
		panic("mask: built-in rules: " + err.Error())
	}
	return r
})

// New returns the built-in rules with opts added. It fails if an entry of opts
// is empty, or would take a built-in rule away.
func New(opts Options) (*Rules, error) {
	deny, err := normaliseAll("Deny", opts.Deny)
	if err != nil {
		return nil, err
	}
	allow, err := normaliseAll("Allow", opts.Allow)
	if err != nil {
		return nil, err
	}
	if i := slices.Index(opts.Patterns, nil); i >= 0 {
		return nil, fmt.Errorf("mask: Patterns[%d] is nil: compile it with regexp.MustCompile", i)
	}
	r := &Rules{deny: deny, patterns: slices.Clone(opts.Patterns), hook: opts.Hook}
	if r.keys, err = newAutomaton(append(builtinTerms(), customTerms(deny)...)); err != nil {
		return nil, err
	}
	r.allow = make(map[string]bool, len(allow))
	for i, name := range allow {
		r.allow[name] = true
		if r.secretBuiltin(opts.Allow[i]) {
			return nil, fmt.Errorf("mask: Allow[%d] %q is a built-in sensitive name and stays hidden: rename the key, or leave it out of Allow", i, opts.Allow[i])
		}
	}
	return r, nil
}

var errShortName = errors.New("has fewer than two letters or digits: give a name such as \"loyalty\"")

func normaliseAll(field string, names []string) ([]string, error) {
	out := make([]string, len(names))
	for i, name := range names {
		n := readKey(name, nil, nil)
		if len(n.text) < shortestName {
			return nil, fmt.Errorf("mask: %s[%d] %q %w", field, i, name, errShortName)
		}
		out[i] = string(n.text)
	}
	return out, nil
}

func (r *Rules) orDefault() *Rules {
	if r == nil {
		return Default()
	}
	return r
}

// Value returns what may be kept of a value that stands under key: Redacted if
// the key is secret, else the value as Text leaves it. An empty value stays
// empty.
func (r *Rules) Value(key, value string) string {
	r = r.orDefault()
	if value == "" {
		return ""
	}
	if r.Key(key) {
		return Redacted
	}
	return r.open(key, value)
}

// open masks a value whose key is known not to be secret.
func (r *Rules) open(key, value string) string {
	if r.hook != nil {
		value = r.askHook(key, value)
	}
	return r.Text(value)
}

func (r *Rules) askHook(key, value string) (kept string) {
	defer failClosed(&kept)
	if replaced, ok := r.hook(key, value); ok {
		return replaced
	}
	return value
}

// failClosed makes a panic yield Failed instead of the value at hand. It is
// called by defer.
func failClosed(s *string) {
	if recover() != nil {
		*s = Failed
	}
}

// Hidden reports how many values have been hidden in a text that Rules
// returned, so that a reader can be told "3 values hidden".
func Hidden(masked string) int {
	return strings.Count(masked, Redacted) + strings.Count(masked, Failed)
}
