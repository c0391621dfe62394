package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// A filter is conditions with spaces between them, all of which must hold:
//
//	status:5xx dur:>200ms method:POST route:"POST /orders" user:mara tag:beta queries:>20
//	is:slow is:failed is:panic
//
// A word without a key is looked for in the path.
type condition struct{ key, value string }

func (c condition) String() string {
	v := c.value
	if v == "" || strings.ContainsAny(v, "\":\\") || strings.ContainsFunc(v, unicode.IsSpace) || !strconv.CanBackquote(v) {
		v = strconv.Quote(v)
	}
	if c.key == "" {
		return v
	}
	return c.key + ":" + v
}

// parseFilter takes the conditions apart.
func parseFilter(text string) (cs []condition, err error) {
	rest := strings.TrimSpace(text)
	for rest != "" {
		var c condition
		if i := strings.IndexFunc(rest, endsKey); i > 0 && rest[i] == ':' {
			c.key, rest = strings.ToLower(rest[:i]), rest[i+1:]
		}
		if c.value, rest, err = filterValue(rest); err != nil {
			return nil, err
		}
		cs = append(cs, c)
		rest = strings.TrimSpace(rest)
	}
	return cs, nil
}

func endsKey(r rune) bool { return r == ':' || r == '"' || unicode.IsSpace(r) }

func filterValue(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], nil
	}
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", fmt.Errorf("a quote is not closed: %s", s)
	}
	value, err = strconv.Unquote(quoted)
	return value, s[len(quoted):], err
}

// apply narrows a query by the condition.
func (c condition) apply(q *query.Records) error {
	switch c.key {
	case "":
		q.Path = c.value
	case "path":
		q.Path = c.value
	case "method":
		q.Method = strings.ToUpper(c.value)
	case "route", "handler", "name":
		q.Name = c.value
	case "user":
		q.User = c.value
	case "tag":
		q.Tag = c.value
	case "error":
		q.Error = c.value
	case "status":
		return c.status(q)
	case "dur":
		return c.duration(q)
	case "queries", "sql":
		return c.queries(q)
	case "is":
		return c.is(q)
	case "trace":
		return c.trace(q)
	default:
		return fmt.Errorf("there is no condition %q: use status, dur, method, route, path, user, tag, error, queries, trace or is", c.key)
	}
	return nil
}

func (c condition) status(q *query.Records) error {
	if class, ok := strings.CutSuffix(strings.ToLower(c.value), "xx"); ok && len(class) == 1 && class >= "1" && class <= "5" {
		n := int(class[0]-'0') * 100
		q.StatusMin, q.StatusMax = n, n+99
		return nil
	}
	n, err := strconv.Atoi(c.value)
	if err != nil || n < 1 {
		return fmt.Errorf("status:%s is no status: use 404 or 5xx", c.value)
	}
	q.StatusMin, q.StatusMax = n, n
	return nil
}

func (c condition) duration(q *query.Records) error {
	text, less := strings.CutPrefix(c.value, "<")
	text = strings.TrimPrefix(text, ">")
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return fmt.Errorf("dur:%s is no duration: use dur:>200ms or dur:<1s", c.value)
	}
	if less {
		q.MaxDuration = d
	} else {
		q.MinDuration = d
	}
	return nil
}

func (c condition) queries(q *query.Records) error {
	n, err := strconv.Atoi(strings.TrimPrefix(c.value, ">"))
	if err != nil || n < 0 {
		return fmt.Errorf("%s:%s is no number: use %s:>20", c.key, c.value, c.key)
	}
	if strings.HasPrefix(c.value, ">") {
		n++
	}
	q.MinQueries = n
	return nil
}

func (c condition) is(q *query.Records) error {
	flags := map[string]instrument.Flags{
		"slow": instrument.FlagSlow, "failed": instrument.FlagError, "panic": instrument.FlagPanic,
		"streamed": instrument.FlagStreamed, "gone": instrument.FlagClientGone, "capped": instrument.FlagCapped,
	}
	f, ok := flags[strings.ToLower(c.value)]
	if !ok {
		return fmt.Errorf("is:%s is not known: use slow, failed, panic, streamed, gone or capped", c.value)
	}
	q.FlagsAll |= f
	return nil
}

func (c condition) trace(q *query.Records) error {
	t, ok := instrument.ParseTraceparent("00-" + strings.ToLower(c.value) + "-0000000000000001-00")
	if !ok {
		return fmt.Errorf("trace:%s is no trace id: it has 32 hexadecimal digits", c.value)
	}
	q.Trace = t.TraceID
	return nil
}

// tokens are the conditions as the page shows them, each with the list without it.
func tokens(here view.URL, cs []condition) []view.Token {
	out := make([]view.Token, len(cs))
	for i, c := range cs {
		var others []string
		for j, o := range cs {
			if j != i {
				others = append(others, o.String())
			}
		}
		out[i] = view.Token{Key: c.key, Value: c.value, Href: here.With("q", strings.Join(others, " "))}
	}
	return out
}
