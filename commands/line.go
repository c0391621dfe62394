package commands

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Bounds of the command line that lists show. All arguments are attributes as well.
const (
	maxLine  = 1 << 10 // bytes
	maxValue = 160     // bytes of one value
)

// lineOf is a command line in the order in which it was given, without the program's
// name. Each value is hidden by the name of its option or argument, before it is cut:
// half a secret may look like none.
func lineOf(rec *instrument.Recording, c *registered, cmd *cobra.Command, args []string) string {
	r := rec.Recorder()
	if r == nil {
		return ""
	}
	l := line{mask: r.Mask, flags: cmd.Flags(), args: c.args, names: strings.Count(c.path, " ") + 1}
	for len(args) > 0 && len(l.words) < maxLine/2 {
		args = l.take(args)
	}
	text := strings.Join(l.words, " ")
	if len(text) > maxLine {
		text = cutText(text, maxLine) + " …"
	}
	return text
}

// line is a command line while it is put together.
type line struct {
	mask  func(instrument.Key, string) string
	flags *pflag.FlagSet
	args  argSpec
	names int // words that name the command and are still to come
	at    int // positional arguments so far
	plain bool
	words []string
}

// take moves the first argument, with its value if that is the next one.
func (l *line) take(args []string) (rest []string) {
	a, rest := args[0], args[1:]
	switch {
	case l.plain || len(a) < 2 || a[0] != '-':
		l.positional(a)
	case a == "--":
		l.plain = true
		l.words = append(l.words, a)
	case a[1] == '-':
		return l.long(a, rest)
	default:
		return l.short(a, rest)
	}
	return rest
}

func (l *line) positional(a string) {
	if l.names > 0 {
		l.names--
		l.words = append(l.words, quoted(a))
		return
	}
	l.at++
	l.words = append(l.words, l.value(argKey(l.args, l.at), a))
}

// long is --name, --name=value or --name value.
func (l *line) long(a string, rest []string) []string {
	name, value, assigned := strings.Cut(a[2:], "=")
	f := l.flags.Lookup(name)
	switch {
	case assigned:
		l.words = append(l.words, "--"+name+"="+l.value(flagKey(name), value))
	case f != nil && f.NoOptDefVal == "" && len(rest) > 0:
		l.words = append(l.words, a, l.value(flagKey(name), rest[0]))
		return rest[1:]
	default:
		l.words = append(l.words, a)
	}
	return rest
}

// short is -abc, of which the last may have a value: -n5, -n=5 or -n 5.
func (l *line) short(a string, rest []string) []string {
	for i := 1; i < len(a); i++ {
		f := l.flags.ShorthandLookup(a[i : i+1])
		if f == nil {
			break
		}
		value, assigned := strings.CutPrefix(a[i+1:], "=")
		switch {
		case assigned:
			l.words = append(l.words, a[:i+2]+l.value(flagKey(f.Name), value))
			return rest
		case f.NoOptDefVal != "":
			continue
		case value != "":
			l.words = append(l.words, a[:i+1]+l.value(flagKey(f.Name), value))
			return rest
		case len(rest) > 0:
			l.words = append(l.words, a, l.value(flagKey(f.Name), rest[0]))
			return rest[1:]
		}
	}
	l.words = append(l.words, a)
	return rest
}

func (l *line) value(k instrument.Key, v string) string {
	v = l.mask(k, v)
	if len(v) > maxValue {
		v = cutText(v, maxValue) + "…"
	}
	return quoted(v)
}

// flagKey and argKey are the attributes that an option and a positional argument, from
// 1 on, are kept as.
func flagKey(name string) instrument.Key { return instrument.NewKey("arg." + name) }

func argKey(spec argSpec, n int) instrument.Key {
	if n > maxArgs {
		n = maxArgs // its attribute is not kept, but its name says as much
	}
	key := "arg." + strconv.Itoa(n)
	if name := spec.name(n - 1); name != "" {
		key += "." + strings.ToLower(name)
	}
	return instrument.NewKey(key)
}

// quoted writes a word so that a shell takes it for one.
func quoted(s string) string {
	switch {
	case strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s):
		return strconv.Quote(s)
	case s == "" || strings.ContainsFunc(s, shellReads) && s != instrument.Redacted:
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// shellReads tells characters that a shell would take for something else.
func shellReads(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("\"'`$&|;<>()*?[]{}#!~\\", r)
}

// cutText gives the first n bytes at most, in whole characters.
func cutText(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
