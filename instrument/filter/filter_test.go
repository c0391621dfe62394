package filter_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

var now = time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)

func parse(t testing.TB, text string) *filter.Filter {
	t.Helper()
	f, err := filter.Parse(text, filter.Options{Now: now})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

// order is a request as a shop has them.
func order() *query.Row {
	r := &query.Row{Process: 3, Handler: instrument.HandlerInfo{Kind: instrument.KindRequest, Name: "POST /orders/{id}"}}
	s := &r.Summary
	s.ID = instrument.FirstID(now.Add(-30 * time.Minute))
	s.Method, s.Path, s.User, s.Status, s.Duration = "POST", "/orders/17?a=b", "mara", 503, 320*time.Millisecond
	s.Tags, s.Error, s.Flags = []string{"beta", "two words"}, "Disk full", instrument.FlagError|instrument.FlagSlow
	s.Counts[instrument.KindQuery], s.Counts[instrument.KindLog], s.QueryTime, s.Spans, s.Failed = 21, 4, 90*time.Millisecond, 40, 2
	s.Trace.TraceID = instrument.TraceID{0x4b}
	s.Parent = instrument.FirstID(now.Add(-time.Hour))
	return r
}

var process = &query.Process{ID: 3, Service: "shop", Host: "web-1", Build: query.Build{Revision: "4f2a91cd0e"}}

func TestFilter_PassesWhatItSays(t *testing.T) {
	t.Parallel()
	id, parent := order().ID.String(), order().Parent.String()
	for text, want := range map[string]bool{
		"": true, "  ": true,
		"kind:request status:5xx dur>200ms route:/orders/* sql>20 tag:beta user:mara since:1h": true,
		"kind:command": false, "kind:command,request": true, "KIND:Request": true, "kind!=request": false, "kind:mail": false,
		"status:503": true, "status:404,503": true, "status:400..499": false, "status>=500": true, "status<500": false, "status!=5xx": false, "exit:503": true, "status:>500": true,
		"dur>320ms": false, "dur>=320ms": true, "dur:>200ms": true, "dur<1s": true, "dur:100ms..1s": true, "dur=320ms": true, "dur<=0.1s": false,
		"route:orders": true, "route:/orders/{id}": true, `route:"POST /orders/{id}"`: true, "route=/orders/{id}": true, "route=/orders": false, "route:/users/*": false, "handler:post*": true, "route!=orders": true,
		"path:/orders/17": true, "path:/orders/*": true, "path=/orders/17": false, "path:ORDERS": false, "path:/orders/17?a=b": true,
		"method:post": true, "method:GET": false, "method:G*,P*": true,
		"user:mara": true, "user:mar": false, "user:m*": true, "-user:ada": true, "-user:mara": false, "NOT user:mara": false, "user!=mara": false, `user:""`: false,
		"tag:beta": true, `tag:"two words"`: true, "tag:two*": true, "tag:two": false,
		"error:disk": true, `error:"disk FULL"`: true, "error=disk": false, "error:*full": true,
		"text:disk": true, `text:"DISK full"`: true, "text:/orders/17": true, "text:two": true, "text:MARA": true, "text:post": true, "text:other": false, "-text:other": true,
		"text=beta": true, "text=bet": false, "text:*words": true, "text:*word": false, "text!=beta": false, "text:other,disk": true, "text:other OR user:mara": true, "text:21": false,
		"is:slow": true, "is:panic": false, "is:failed,panic": true, "is:FAILED is:slow": true,
		"sql:21": true, "sql<21": false, "queries:>20": true, "sql:10..30": true, "sqltime>=90ms": true, "logs>3": true, "cache>0": false, "calls=0": true, "spans>39": true, "failed:2": true,
		"since:1h": true, "since:10m": false, "until:10m": true, "since:17:00": true, "since:2026-11-20": true, "until:2026-11-20": false, `since:"2026-11-20 17:29"`: true,
		"trace:4b000000000000000000000000000000": true, "trace:5b000000000000000000000000000000": false,
		"id:" + id: true, "parent:" + parent: true, "parent:" + id: false, "process:3": true,
		"build:4f2a": true, "rev:4f2a91cd0e": true, "build:5f": false, "service:shop": true, "host:web-*": true,
		"orders": true, "/orders/17": true, "users": false, `"POST /orders"`: true, "*17*": true,
		"users OR status:503": true, "users OR status:404": false, "users status:503": false, "users AND status:503": false,
		"status:404 OR status:503 user:ada": false, "(status:404 OR status:503) user:mara": true,
		"NOT (status:404 OR user:ada)": true, "-(status:503 user:mara)": false, "NOT NOT status:503": true,
		"(((status:503)))": true, "status:503 AND NOT is:panic AND (sql>50 OR dur>300ms)": true,
		`"OR"`: true, `"AND"`: false, "or": true,
	} {
		f := parse(t, text)
		w := f.Where()
		if got := w.Match(order(), process); got != want {
			t.Errorf("%s: %v, want %v\n%+v", text, got, want, w)
		}
		var q query.Records
		f.Narrow(&q)
		narrowed := q.Where.Match(order(), process) && (q.Since.IsZero() || !order().ID.Time().Before(q.Since)) && (q.Until.IsZero() || order().ID.Time().Before(q.Until))
		if len(q.Kinds) == 1 {
			narrowed = narrowed && q.Kinds[0] == instrument.KindRequest
		}
		if narrowed != want {
			t.Errorf("%s: as a query %v, want %v: %+v", text, narrowed, want, q)
		}
		again := parse(t, f.String())
		if again.String() != f.String() {
			t.Errorf("%s: written %s, and again %s", text, f, again)
		}
		if w := again.Where(); w.Match(order(), process) != want {
			t.Errorf("%s: written as %s it means something else", text, f)
		}
	}
}

func TestFilter_MistakesSayWhereAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		column int
		says   string
	}{
		{"user:mara statsu:5xx", 11, "did you mean status?"},
		{"nonsense:1", 1, "use one of kind, status, dur"},
		{"http://x", 1, "put it in quotes"},
		{"status:abc", 8, "404"}, {"status:404,9xx", 12, "range like 400..499"},
		{"dur>soon", 5, "200ms"}, {"dur:200ms", 5, "use >200ms"}, {"dur>5", 5, "with its unit"}, {"dur:2s..1s", 5, "turn it round"}, {"dur>1s..2s", 5, `use ":"`},
		{"sql>many", 5, "is no number"}, {"is:fine", 4, "use failed, panic"}, {"kind:requests", 6, "did you mean request?"},
		{"user>mara", 6, `use ":"`}, {"text>a", 6, `use ":"`}, {"text:", 6, `like text:"out of stock"`}, {"is<slow", 4, `use ":"`}, {"kind>request", 6, `use ":"`},
		{"trace:12", 7, "32 hexadecimal"}, {"id:??", 4, "no id of a Record"}, {"since:yesterday", 7, "2026-11-20 13:32"}, {"since>1h", 7, `use ":"`},
		{"user:", 6, "a value must follow user:, like user:mara"}, {"user: mara", 6, "a value must follow"},
		{"tag:a,,b", 7, "beside the comma"},
		{`user:"mara`, 6, "not closed"}, {`"a\n"`, 3, "backslash"}, {`user:"a"b`, 9, "space must follow"}, {`user:a"b`, 7, "quote inside"},
		{"(status:5xx", 1, `put a ")"`}, {"status:5xx)", 11, "closes nothing"}, {"()", 2, "missing before"},
		{"status:5xx AND", 15, "ends where a condition must follow"}, {"OR user:a", 1, "missing before this"}, {"user:a OR OR user:b", 11, "missing before"}, {"NOT", 4, "ends where"}, {"user:a AND )", 12, "missing before"},
		{"ä ö statsu:1", 5, "status"},
		{strings.Repeat("(", 50) + "a" + strings.Repeat(")", 50), 34, "nested"},
		{strings.Repeat("a ", 120), 201, "more than 100"}, {strings.Repeat("x", 5000), 4097, "longer than"},
	} {
		_, err := filter.Parse(c.text, filter.Options{Now: now})
		var e *filter.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: accepted, or not an *Error: %v", c.text, err)
			continue
		}
		if e.Column != c.column || !strings.Contains(e.Message, c.says) {
			t.Errorf("%.60s: column %d, %q; want %d, %q", c.text, e.Column, e.Message, c.column, c.says)
		}
	}
}

func TestError_PointerMarksTheMistake(t *testing.T) {
	t.Parallel()
	_, err := filter.Parse("ä\x1b[31m statsu:1", filter.Options{})
	var e *filter.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	want := "ä [31m statsu:1\n       ^"
	if e.Pointer() != want {
		t.Errorf("%q, want %q", e.Pointer(), want)
	}
}

func TestFilter_TermsAreTakenAwayAndAdded(t *testing.T) {
	t.Parallel()
	f := parse(t, `status:5xx -user:ada (tag:a OR tag:b) route:"GET /a b" AND word`)
	terms := f.Terms()
	if len(terms) != 5 || terms[0].Field != "status" || !terms[1].Not || terms[1].Value != "ada" || terms[2].Field != "" || terms[3].Value != "GET /a b" || terms[4].Value != "word" {
		t.Fatalf("%+v", terms)
	}
	var texts []string
	for i, term := range terms {
		texts = append(texts, term.Text)
		if rest := f.Without(i); len(rest.Terms()) != 4 || strings.Contains(rest.String(), term.Text) {
			t.Errorf("without %s: %s", term.Text, rest)
		}
	}
	if got := strings.Join(texts, "|"); got != `status:5xx|-user:ada|(tag:a OR tag:b)|route:"GET /a b"|word` {
		t.Error(got)
	}
	if got := parse(t, "a OR b").With(parse(t, "user:c")).String(); got != "(a OR b) user:c" {
		t.Error(got)
	}
	if got := (&filter.Filter{}).With(parse(t, "a OR b")).String(); got != "a OR b" {
		t.Error(got)
	}
	if f.Without(9) != f || f.Without(-1) != f {
		t.Error("an index that is none changed the filter")
	}
}

func TestFilter_NarrowUsesTheQueriesOwnBounds(t *testing.T) {
	t.Parallel()
	q := query.Records{Since: now.Add(-24 * time.Hour)}
	parse(t, "kind:task since:1h until:5m user:mara").Narrow(&q)
	if !q.Since.Equal(now.Add(-time.Hour)) || !q.Until.Equal(now.Add(-5*time.Minute)) || len(q.Kinds) != 1 || q.Kinds[0] != instrument.KindTask {
		t.Errorf("%+v", q)
	}
	q = query.Records{Since: now.Add(-time.Minute)}
	parse(t, "since:1h OR user:mara").Narrow(&q)
	if !q.Since.Equal(now.Add(-time.Minute)) || q.Where.Op != query.Or {
		t.Errorf("a condition that need not hold narrowed the query: %+v", q)
	}
	if k, ok := parse(t, "kind:command user:a").Kind(); !ok || k != instrument.KindCommand {
		t.Error("the only kind was not seen")
	}
	if _, ok := parse(t, "kind:command OR user:a").Kind(); ok {
		t.Error("a kind that need not be")
	}
}

func TestComplete_ProposesFieldsAndValues(t *testing.T) {
	t.Parallel()
	app := func(field, prefix string) []string {
		if field == "route" {
			return []string{"GET /orders", "POST /orders"}
		}
		return nil
	}
	for _, c := range []struct {
		text, want string
	}{
		{"st|", "status:5xx>status:"}, {"user:a du|", "dur>"}, {"-stat|", "status:"}, {"(ki|", "kind:"},
		{"status:|", "2xx"}, {"status:404,5|", "5xx"}, {"is:pa|", "panic"}, {"method:p|", "POST"},
		{"route:po|", `"POST /orders"`}, {"user:|", ""}, {`path:"a b|`, ""}, {"nope:|", ""}, {"O|", "OR "}, {"quer|", "sql>"},
	} {
		at := strings.IndexByte(c.text, '|')
		text := strings.Replace(c.text, "|", "", 1)
		list := filter.Complete(text, at, app)
		var texts []string
		for _, l := range list {
			texts = append(texts, l.Text)
			done := text[:l.From] + l.Text + text[l.To:]
			if strings.HasSuffix(l.Text, ":") || strings.HasSuffix(l.Text, ">") || strings.HasSuffix(l.Text, " ") || strings.HasPrefix(done, "(") {
				continue
			}
			if _, err := filter.Parse(done, filter.Options{}); err != nil {
				t.Errorf("%s completed to %s: %v", c.text, done, err)
			}
		}
		first, _, _ := strings.Cut(c.want, ">status:")
		if _, want, ok := strings.Cut(c.want, "5xx>"); ok {
			first = want
		}
		if (first == "") != (len(texts) == 0) || first != "" && !strings.Contains(strings.Join(texts, "|"), first) {
			t.Errorf("%s: %q, want %q", c.text, texts, first)
		}
	}
	if n := len(filter.Complete("", 0, nil)); n < 10 {
		t.Errorf("%d proposals for an empty filter", n)
	}
}

func TestFields_ExamplesAreRead(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range filter.Fields() {
		if f.Doc == "" || seen[f.Name] {
			t.Errorf("%s: without a text, or twice", f.Name)
		}
		seen[f.Name] = true
		terms := parse(t, f.Example).Terms()
		if len(terms) != 1 || terms[0].Field != f.Name {
			t.Errorf("%s: example %s", f.Name, f.Example)
		}
		for _, a := range f.Aliases {
			if seen[a] {
				t.Errorf("alias %s twice", a)
			}
			seen[a] = true
		}
	}
}

func TestParseTime_ReadsAgesAndTimes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"90s": now.Add(-90 * time.Second), "7d": now.AddDate(0, 0, -7), "2w": now.AddDate(0, 0, -14), "1.5h": now.Add(-90 * time.Minute),
		"13:32": time.Date(2026, 11, 20, 13, 32, 0, 0, time.UTC), "23:10": time.Date(2026, 11, 19, 23, 10, 0, 0, time.UTC),
		"2026-11-01": time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), "2026-11-01T10:00:00+01:00": time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC),
	} {
		if got, err := filter.ParseTime(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "-1h", "soon", "25:00", "1e300d", "d"} {
		if got, err := filter.ParseTime(bad, now); err == nil {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`status:5xx (a OR -b) NOT c:"d"`, `dur<1s path:"\""`, "since:1h,2h", `-"-a"`, "-(a b) OR (c OR d)", `text:"out of stock",17 -text:a*b`, "TEXT!=x", "user:=x", `tag:"a,b",c`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := filter.Parse(text, filter.Options{Now: now})
		filter.Complete(text, len(text)/2, nil)
		var e *filter.Error
		if err != nil {
			if !errors.As(err, &e) || e.Column < 1 || e.Pointer() == "" {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		written := parsed.String()
		again, err := filter.Parse(written, filter.Options{Now: now})
		if err != nil {
			if len(written) > 4000 {
				return // quotes made it longer than a filter may be
			}
			t.Fatalf("%q: written as %q: %v", text, written, err)
		}
		if a, b := fmt.Sprint(parsed.Where()), fmt.Sprint(again.Where()); a != b {
			t.Fatalf("%q: written as %q it means %s instead of %s", text, written, b, a)
		}
	})
}
