package export

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// Curl is a command line for curl that makes the request again. What was hidden is a
// variable of the shell, to be set before. The command works in any POSIX shell, unless
// the request has control characters: these need bash, zsh or ksh.
func Curl(rec *instrument.Record) (string, error) {
	q, err := requestOf(rec)
	if err != nil {
		return "", err
	}
	return q.curl()
}

func (q *request) curl() (string, error) {
	var s secrets
	url := q.url()
	pieces := s.split(url, "url")
	args := []string{shell(pieces)}
	if slices.ContainsFunc(pieces, func(p piece) bool { return strings.ContainsAny(p.literal, "[]{}") }) {
		args = append(args, "--globoff")
	}
	switch {
	case q.method == "HEAD":
		args = append(args, "--head")
	case q.method != "GET" || q.body.text != "" || q.multipart():
		args = append(args, "-X "+shell([]piece{{literal: q.method}}))
	}
	for _, f := range q.sent() {
		if f.name == "Accept-Encoding" {
			args = append(args, "--compressed")
			continue
		}
		args = append(args, "-H "+shell(curlHeader(&s, f)))
	}
	args = append(args, q.curlBody(&s)...)
	var b strings.Builder
	for _, note := range append(s.notes(), q.notes()...) {
		fmt.Fprintf(&b, "# %s\n", term.Line(note))
	}
	b.WriteString("curl " + strings.Join(args, " \\\n  ") + "\n")
	return b.String(), nil
}

// notes says which secrets have to be set.
func (s *secrets) notes() []string {
	if len(s.names) == 0 {
		return nil
	}
	return []string{"Hidden when it was recorded; set before: " + strings.Join(s.names, " ")}
}

// curlHeader is a header as curl takes it: one without a value ends in a semicolon.
func curlHeader(s *secrets, f field) []piece {
	if f.value == "" {
		return []piece{{literal: f.name + ";"}}
	}
	return append([]piece{{literal: f.name + ": "}}, s.split(f.value, f.name)...)
}

func (q *request) curlBody(s *secrets) (args []string) {
	if q.multipart() {
		for name, values := range sorted(q.form) {
			for _, v := range values {
				args = append(args, "--form-string "+shell(append([]piece{{literal: name + "="}}, s.split(v, name)...)))
			}
		}
		for _, f := range q.files {
			args = append(args, "-F "+shell([]piece{{literal: f.Field + "=@" + curlFile(f)}}))
		}
		return args
	}
	if q.body.text == "" {
		return nil
	}
	if q.get("Content-Type") == "" { // or curl calls it a form
		args = append(args, "-H 'Content-Type:'")
	}
	return append(args, "--data-raw "+shell(s.split(q.body.text, "body")))
}

// curlFile is a file as curl's -F takes it, in quotes.
func curlFile(f upload) string {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	name := oneLine(f.Name)
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	if base == "." || base == "/" || strings.HasPrefix(base, "-") {
		base = "file"
	}
	s := fmt.Sprintf(`"%s";filename="%s"`, quote.Replace(base), quote.Replace(name))
	if f.Type != "" && !strings.ContainsAny(f.Type, `;"`) {
		s += ";type=" + oneLine(f.Type)
	}
	return s
}

// shell is a text as one word of a shell command.
func shell(pieces []piece) string {
	var b, literal strings.Builder
	end := func() {
		if literal.Len() > 0 {
			b.WriteString(ShellWord(literal.String()))
			literal.Reset()
		}
	}
	for _, p := range pieces {
		literal.WriteString(p.literal)
		if p.secret != "" {
			end()
			b.WriteString(`"$` + p.secret + `"`)
		}
	}
	end()
	if b.Len() == 0 {
		return "''"
	}
	return b.String()
}

// ShellWord quotes s where that is needed, so that a shell takes every byte of it as it is,
// as one word; "" is two quotes. What a terminal would act on when the command is pasted is
// written as an escape.
func ShellWord(s string) string {
	if s == "" {
		return "''"
	}
	if strings.IndexFunc(s, func(r rune) bool { return !isBare(r) }) < 0 {
		return s
	}
	if plainText(s) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '!' || r == utf8.RuneError && n == 1 || term.Unsafe(r):
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, `\%03o`, c) // three digits at most: the next character is not part of it
			}
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	b.WriteString("'")
	return b.String()
}

// isBare reports whether a character needs no quotes.
func isBare(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:@%+,", r)
}

// plainText reports whether s can stand in single quotes: text of one or several lines.
func plainText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return term.Unsafe(r) && r != '\n' && r != '\t' }) < 0
}
