package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

const (
	listLimit     = 50
	listMost      = 1000
	listBudget    = 250 * time.Millisecond
	listWindow    = 5_000  // ids that the first step of a search looks at; each further one twice as many
	listWindowMax = 80_000 // but not more
	fewJobs       = 20_000 // are sorted rather than searched
	previewBytes  = 160
	errorBytes    = 300
)

// List is a page of jobs. Where River has no index for what is asked it goes through the
// jobs by id, step by step and no longer than the query's budget.
func (s *Source) List(ctx context.Context, q jobs.Query) (jobs.Page, error) {
	l := &listing{s: s, q: q, limit: min(cmp.Or(max(q.Limit, 0), listLimit), listMost), down: q.Sort == jobs.Newest}
	if err := l.prepare(); err != nil {
		return jobs.Page{}, err
	}
	if l.none {
		return jobs.Page{Complete: true}, nil
	}
	few, err := l.few(ctx)
	if err != nil {
		return jobs.Page{}, fmt.Errorf("tasks: list jobs: %w", err)
	}
	if few {
		err = l.sorted(ctx)
	} else {
		err = l.search(ctx)
	}
	if err != nil {
		return jobs.Page{}, fmt.Errorf("tasks: list jobs: %w", err)
	}
	return l.page, nil
}

// listing is a page in the making.
type listing struct {
	s     *Source
	q     jobs.Query
	limit int
	down  bool // the newest first
	after int64
	where []string
	args  []any
	none  bool // nothing can pass
	page  jobs.Page
}

func (l *listing) prepare() (err error) {
	if l.after = 0; l.down {
		l.after = math.MaxInt64
	}
	if l.q.After != "" {
		if l.after, err = strconv.ParseInt(l.q.After, 10, 64); err != nil {
			return fmt.Errorf("tasks: list jobs: %q is no place in a list", l.q.After)
		}
	}
	var states []string
	for _, s := range l.q.States {
		states = append(states, s.String())
	}
	in(l, "state", states)
	in(l, "queue", l.q.Queues)
	in(l, "kind", l.q.Kinds)
	if l.q.IDs != nil {
		l.ids()
	}
	postgres := l.s.client.base.postgres()
	member := func(column, value string) {
		if value == "" {
			return
		}
		condition := "EXISTS (SELECT 1 FROM json_each(" + column + ") WHERE json_each.value = %s)"
		if postgres {
			condition = "%s = ANY(" + column + ")"
		}
		l.where = append(l.where, fmt.Sprintf(condition, l.arg(value)))
	}
	member("tags", l.q.Tag)
	member("attempted_by", l.q.Worker)
	if l.q.Text != "" {
		l.text(postgres)
	}
	return nil
}

// arg adds an argument and gives its placeholder.
func (l *listing) arg(v any) string {
	l.args = append(l.args, v)
	return "$" + strconv.Itoa(len(l.args))
}

func in[T any](l *listing, column string, values []T) {
	if len(values) == 0 {
		return
	}
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = l.arg(v)
	}
	l.where = append(l.where, column+" IN ("+strings.Join(marks, ", ")+")")
}

// ids chooses jobs by their ids; others than numbers are nobody's.
func (l *listing) ids() {
	var ids []int64
	for _, text := range l.q.IDs[:min(len(l.q.IDs), listMost)] {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	in(l, "id", ids)
	l.none = len(ids) == 0
}

// text asks for what contains the words before anything is hidden; what is hidden must
// not be found, so each row is looked at again ([listing.passes]).
func (l *listing) text(postgres bool) {
	pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(l.q.Text) + "%"
	columns := []string{"kind", "json(args)", "json(errors)"}
	like := " LIKE "
	if postgres {
		columns, like = []string{"kind", "args::text", "errors[array_upper(errors, 1)]::text"}, " ILIKE "
	}
	var any []string
	for _, column := range columns {
		any = append(any, column+like+l.arg(pattern)+` ESCAPE '\'`)
	}
	l.where = append(l.where, "("+strings.Join(any, " OR ")+")")
}

func (l *listing) passes(j *jobs.Job, args string) bool {
	if l.q.Text == "" {
		return true
	}
	text := strings.ToLower(l.q.Text)
	return strings.Contains(strings.ToLower(j.Kind+"\n"+args+"\n"+j.Error), text)
}

// few says that so few jobs can pass that they are best sorted.
func (l *listing) few(ctx context.Context) (bool, error) {
	if l.q.IDs != nil {
		return true, nil
	}
	if len(l.q.States) == 0 {
		return false, nil
	}
	n, err := l.s.counted.get(ctx)
	return n.of(l.q.States...) <= fewJobs, err
}

// sorted reads the page by the index of the states. "+id" keeps the database from going
// through all jobs by id instead.
func (l *listing) sorted(ctx context.Context) error {
	column := "+id"
	if l.q.IDs != nil {
		column = "id"
	}
	l.page.Complete = true
	for {
		full, err := l.read(ctx, column, l.after, l.farEnd())
		if err != nil || !full || len(l.page.Jobs) >= l.limit {
			return err
		}
	}
}

func (l *listing) farEnd() int64 {
	if l.down {
		return 0
	}
	return math.MaxInt64
}

// search goes through the jobs by id, step by step.
func (l *listing) search(ctx context.Context) error {
	first, last, err := l.s.client.ids(ctx)
	if l.page.Complete = first == 0; err != nil || l.page.Complete {
		return err
	}
	l.after = min(max(l.after, first-1), last+1)
	deadline := time.Now().Add(cmp.Or(l.q.Budget, listBudget))
	for window := int64(listWindow); ; window = min(2*window, listWindowMax) {
		to := l.after + window
		if l.down {
			to = l.after - window
		}
		full, err := l.read(ctx, "id", l.after, to)
		if err != nil || full && len(l.page.Jobs) >= l.limit {
			l.page.Complete = true
			return err
		}
		if !full { // or else some did not pass, and the window is not through
			if to <= first && l.down || to >= last && !l.down {
				l.page.Next, l.page.Complete = "", true
				return nil
			}
			l.after = to
		}
		l.page.Next = strconv.FormatInt(l.after, 10)
		if time.Now().After(deadline) {
			return nil
		}
	}
}

// ids are the first and the last job's; 0 when there are none.
func (c *Client) ids(ctx context.Context) (first, last int64, err error) {
	err = c.base.reads().QueryRowContext(ctx, "SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM "+c.table("river_job")).Scan(&first, &last)
	return first, last, err
}

// read adds jobs from after one id up to another to the page. full says that there may be
// more of them; the page's Next and after are behind the last one then.
func (l *listing) read(ctx context.Context, column string, after, to int64) (full bool, err error) {
	args := slices.Clone(l.args)
	where := slices.Clone(l.where)
	bound := func(op string, id int64) {
		args = append(args, id)
		where = append(where, column+op+"$"+strconv.Itoa(len(args)))
	}
	order := " ASC"
	if l.down {
		order = " DESC"
		bound(" < ", after)
		bound(" >= ", to)
	} else {
		bound(" > ", after)
		bound(" <= ", to)
	}
	want := l.limit - len(l.page.Jobs) + 1 // one more tells whether there is a next page
	statement := "SELECT " + l.s.client.listColumns() + " FROM " + l.s.client.table("river_job") +
		" WHERE " + strings.Join(where, " AND ") + " ORDER BY " + column + order + " LIMIT " + strconv.Itoa(want)
	n, last := 0, after
	err = l.s.client.each(ctx, statement, args, func(scan func(...any) error) error {
		j, id, masked, err := l.s.client.scanJob(scan)
		if err != nil {
			return err
		}
		if n++; n == want {
			return nil
		}
		last = id
		if l.passes(&j, masked) {
			l.page.Jobs = append(l.page.Jobs, j)
		}
		return nil
	})
	if err != nil || n < want {
		l.page.Next = ""
		return false, err
	}
	l.after, l.page.Next = last, strconv.FormatInt(last, 10)
	return true, nil
}

// listColumns are what scanJob reads.
func (c *Client) listColumns() string {
	if c.base.postgres() {
		return `id, kind, queue, state::text, priority, array_to_json(tags)::text, attempt, max_attempts, created_at, scheduled_at, attempted_at, finalized_at,
			attempted_by[array_upper(attempted_by, 1)], left(errors[array_upper(errors, 1)]->>'error', 300),
			metadata->>'toolbar:parent', metadata->>'traceparent', metadata->>'toolbar:deadline', left(args::text, 4096)`
	}
	return `id, kind, queue, state, priority, json(tags), attempt, max_attempts, created_at, scheduled_at, attempted_at, finalized_at,
		json_extract(attempted_by, '$[#-1]'), substr(json_extract(errors, '$[#-1].error'), 1, 300),
		json_extract(metadata, '$."toolbar:parent"'), json_extract(metadata, '$.traceparent'), json_extract(metadata, '$."toolbar:deadline"'), substr(json(args), 1, 4096)`
}

func (c *Client) scanJob(scan func(...any) error) (j jobs.Job, id int64, masked string, err error) {
	var state, args string
	var priority int
	var tags, worker, lastError, parent, traceparent, deadline text
	var created, due, attempted, finalized moment
	err = scan(&id, &j.Kind, &j.Queue, &state, &priority, &tags, &j.Attempt, &j.MaxAttempts, &created, &due, &attempted, &finalized,
		&worker, &lastError, &parent, &traceparent, &deadline, &args)
	if err != nil {
		return j, id, "", err
	}
	j.ID, j.Worker, j.Priority = strconv.FormatInt(id, 10), string(worker), Priority(priority).String()
	j.State, _ = jobs.ParseState(state)
	j.Error = c.maskLine(string(lastError))
	j.Created, j.ETA, j.Attempted, j.Finalized = created.Time, due.Time, attempted.Time, finalized.Time
	if tags != "" {
		_ = json.Unmarshal([]byte(tags), &j.Tags)
	}
	link := metadata{Parent: string(parent), Traceparent: string(traceparent)}
	var trace instrument.TraceContext
	j.Parent, trace = link.link()
	j.Trace = trace.TraceID
	j.Deadline, _ = time.Parse(time.RFC3339Nano, string(deadline))
	masked = c.maskArgs(args)
	j.Arguments = cutText(masked, previewBytes)
	return j, id, masked, nil
}

// maskLine is the first line of a text that people wrote, masked.
func (c *Client) maskLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return cutText(c.config.Mask.Text(line), errorBytes)
}

// maskArgs masks arguments, of which the end may be missing.
func (c *Client) maskArgs(args string) string {
	masked, _ := c.config.Mask.JSONPrefix([]byte(args))
	return string(masked)
}

// cutText shortens a text between two letters.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}
