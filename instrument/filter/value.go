package filter

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// context is what the meaning of a value depends on besides the value.
type context struct {
	now time.Time
}

// operator is what stands between field and value.
type operator string

const (
	colon    operator = ":"
	equal    operator = "="
	unequal  operator = "!="
	less     operator = "<"
	atMost   operator = "<="
	more     operator = ">"
	atLeast  operator = ">="
	interval          = ".."
)

// numeric is the comparison of numbers that an operator asks for.
func (o operator) numeric() query.Op {
	switch o {
	case less:
		return query.Less
	case atMost:
		return query.AtMost
	case more:
		return query.More
	case atLeast:
		return query.AtLeast
	}
	return query.Equal
}

func (o operator) orders() bool { return o.numeric() != query.Equal }

// onlyEqual refuses an order where there is none.
func onlyEqual(op operator, what string) error {
	if op.orders() {
		return fmt.Errorf("%s cannot be compared with %q: use \":\"", what, string(op))
	}
	return nil
}

// compareText makes a comparison with a text: with "*" in it by pattern, otherwise by
// what the field does with ":".
func compareText(f query.Field, usual query.Op, op operator, value string) query.Where {
	w := query.Where{Op: query.Equal, Field: f, Text: value}
	switch {
	case strings.Contains(value, "*"):
		w.Op = query.Like
	case op == colon:
		w.Op = usual
	}
	return w
}

func text(f query.Field, usual query.Op) reader {
	return func(_ context, op operator, value string) (query.Where, error) {
		return compareText(f, usual, op, value), onlyEqual(op, "a text")
	}
}

// route looks at a handler's name. A request's begins with its method, which a pattern
// need not name.
func route(_ context, op operator, value string) (query.Where, error) {
	w := compareText(query.FieldHandler, query.Contains, op, value)
	if w.Op != query.Contains && strings.HasPrefix(value, "/") {
		behind := w
		behind.Op, behind.Text = query.Like, "* "+value
		w = query.Where{Op: query.Or, Of: []query.Where{w, behind}}
	}
	return w, onlyEqual(op, "a name")
}

func method(_ context, op operator, value string) (query.Where, error) {
	return compareText(query.FieldMethod, query.Equal, op, strings.ToUpper(value)), onlyEqual(op, "a method")
}

// kind accepts names that this program does not know, unless they look like a mistake.
func kind(_ context, op operator, value string) (query.Where, error) {
	value = strings.ToLower(value)
	if _, ok := instrument.ParseKind(value); !ok { // the app that wrote the Records may have registered it
		if near := nearest(value, rootKinds()); near != "" {
			return query.Where{}, fmt.Errorf("there is no kind %q: did you mean %s?", value, near)
		}
	}
	return query.Where{Op: query.Equal, Field: query.FieldKind, Text: value}, onlyEqual(op, "a kind")
}

func build(_ context, op operator, value string) (query.Where, error) {
	if !strings.Contains(value, "*") && len(value) < 40 {
		value += "*" // the beginning of a revision is as good
	}
	return compareText(query.FieldBuild, query.Equal, op, value), onlyEqual(op, "a build")
}

func flag(_ context, op operator, value string) (query.Where, error) {
	for _, f := range flags {
		if strings.EqualFold(f.word, value) {
			return query.Where{Op: query.Equal, Field: query.FieldFlags, Number: int64(f.flag)}, onlyEqual(op, "a state")
		}
	}
	return query.Where{}, fmt.Errorf("%q is no state: use %s", value, strings.Join(flagWords(), ", "))
}

func trace(_ context, op operator, value string) (query.Where, error) {
	value = strings.ToLower(value)
	if b, err := hex.DecodeString(value); err != nil || len(b) != len(instrument.TraceID{}) {
		return query.Where{}, fmt.Errorf("%q is no trace id: it has 32 hexadecimal digits", value)
	}
	return query.Where{Op: query.Equal, Field: query.FieldTrace, Text: value}, onlyEqual(op, "a trace id")
}

func id(f query.Field) reader {
	return func(_ context, op operator, value string) (query.Where, error) {
		id, err := instrument.ParseID(value)
		if err != nil {
			return query.Where{}, fmt.Errorf("%q is no id of a Record", value)
		}
		return query.Where{Op: query.Equal, Field: f, Number: int64(id)}, onlyEqual(op, "an id")
	}
}

// ordered reads one number or a range of them, with a function for each.
func ordered(w query.Where, op operator, value string, read func(string) (int64, error)) (query.Where, error) {
	from, to, ranged := strings.Cut(value, interval)
	if !ranged {
		n, err := read(value)
		w.Op, w.Number = op.numeric(), n
		return w, err
	}
	if op.orders() {
		return w, fmt.Errorf("a range cannot be compared with %q: use \":\"", string(op))
	}
	lowest, err := read(from)
	if err != nil {
		return w, err
	}
	highest, err := read(to)
	if err == nil && highest < lowest {
		err = fmt.Errorf("the range %s ends before it begins: turn it round", value)
	}
	lower, upper := w, w
	lower.Op, lower.Number = query.AtLeast, lowest
	upper.Op, upper.Number = query.AtMost, highest
	return query.Where{Op: query.And, Of: []query.Where{lower, upper}}, err
}

func readNumber(value string) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", value)
	}
	return n, nil
}

func number(f query.Field) reader {
	return func(_ context, op operator, value string) (query.Where, error) {
		return ordered(query.Where{Field: f}, op, value, readNumber)
	}
}

func count(k instrument.Kind) reader {
	return func(_ context, op operator, value string) (query.Where, error) {
		return ordered(query.Where{Field: query.FieldCount, Kind: k}, op, value, readNumber)
	}
}

func status(_ context, op operator, value string) (query.Where, error) {
	w := query.Where{Field: query.FieldStatus}
	if class, ok := strings.CutSuffix(strings.ToLower(value), "xx"); ok && !op.orders() && len(class) == 1 && class >= "1" && class <= "5" {
		return ordered(w, op, class+"00"+interval+class+"99", readNumber)
	}
	w, err := ordered(w, op, value, readNumber)
	if err != nil {
		err = fmt.Errorf("%w: use a status like 404, a class like 5xx or a range like 400..499", err)
	}
	return w, err
}

func duration(f query.Field) reader {
	return func(_ context, op operator, value string) (query.Where, error) {
		if op == colon && !strings.Contains(value, interval) {
			return query.Where{}, fmt.Errorf("no two things take equally long: use >%s, <%s or a range like 100ms..2s", value, value)
		}
		return ordered(query.Where{Field: f}, op, value, readDuration)
	}
}

func readDuration(value string) (int64, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no duration: use a number with its unit, like 200ms or 1.5s", value)
	}
	return int64(d), nil
}

func moment(op query.Op) reader {
	return func(c context, o operator, value string) (query.Where, error) {
		t, err := ParseTime(value, c.now)
		// Ids, by which time is found, have milliseconds.
		return query.Where{Op: op, Field: query.FieldStart, Number: t.Truncate(time.Millisecond).UnixNano()}, orElse(err, onlyEqual(o, "a time"))
	}
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
