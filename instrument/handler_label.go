package instrument

import "strings"

// Label is the handler's name as one line shows it. The columns of a SELECT give way
// to "…", because what tells two statements apart comes after them; all else is the
// name.
func (h HandlerInfo) Label() string {
	if h.Kind != KindQuery {
		return h.Name
	}
	rest, ok := cutKeyword(h.Name, "SELECT")
	if !ok {
		return h.Name
	}
	if from := fromClause(rest); from > 12 {
		return h.Name[:len("SELECT")] + " … " + rest[from:]
	}
	return h.Name
}

func cutKeyword(s, word string) (rest string, ok bool) {
	if len(s) <= len(word) || !strings.EqualFold(s[:len(word)], word) || s[len(word)] != ' ' {
		return "", false
	}
	return s[len(word)+1:], true
}

// fromClause finds the FROM of the outermost SELECT; -1 when there is none.
func fromClause(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ' ':
			if depth == 0 && len(s) > i+6 && strings.EqualFold(s[i+1:i+6], "from ") {
				return i + 1
			}
		}
	}
	return -1
}
