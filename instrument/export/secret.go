package export

import (
	"fmt"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// piece is a part of a text: literal, or the name of a secret that is to be put in.
type piece struct{ literal, secret string }

// secrets gives what was hidden names, which are variables of the environment.
type secrets struct {
	used  map[string]int
	names []string // in the order in which they came
}

// split takes a text apart at what was hidden in it. name says what it is about.
func (s *secrets) split(text, name string) (pieces []piece) {
	before := name
	for {
		i, n := nextHidden(text)
		if i < 0 {
			break
		}
		if i > 0 {
			pieces = append(pieces, piece{literal: text[:i]})
			before = text[:i]
		}
		pieces = append(pieces, piece{secret: s.name(before, name)})
		text = text[i+n:]
	}
	if text != "" || len(pieces) == 0 {
		pieces = append(pieces, piece{literal: text})
	}
	return pieces
}

const redactionFailed = "[redaction failed]"

func nextHidden(s string) (at, n int) {
	at, n = strings.Index(s, instrument.Redacted), len(instrument.Redacted)
	if i := strings.Index(s, redactionFailed); i >= 0 && (at < 0 || i < at) {
		at, n = i, len(redactionFailed)
	}
	return at, n
}

// name makes a name of the last word in before, which is usually the key.
func (s *secrets) name(before, otherwise string) string {
	word := variable(lastWord(before))
	if word == "" {
		word = variable(otherwise)
	}
	if word == "" {
		word = "SECRET"
	}
	if s.used == nil {
		s.used = map[string]int{}
	}
	s.used[word]++
	if n := s.used[word]; n > 1 {
		word = fmt.Sprintf("%s_%d", word, n)
		s.used[word]++
	}
	s.names = append(s.names, word)
	return word
}

func lastWord(s string) string {
	s = strings.TrimRight(s, " \t\r\n:=\"'[{(<>,;&?/@")
	i := strings.LastIndexFunc(s, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	return s[i+1:]
}

const maxVariable = 40

// variable is a word as the name of a variable.
func variable(word string) string {
	word = strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, word), "_")
	if word == "" || word[0] <= '9' || reserved[word] {
		return ""
	}
	return word[:min(len(word), maxVariable)]
}

// reserved have a meaning of their own in a shell.
var reserved = map[string]bool{
	"PATH": true, "HOME": true, "USER": true, "PWD": true, "IFS": true, "SHELL": true, "ENV": true, "PS1": true, "UID": true, "LANG": true,
}
