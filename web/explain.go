package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// plans are the plans that were asked for lately, by the statement.
type plans struct {
	mu    sync.Mutex
	by    map[string]view.Explain
	order []string // the oldest first
}

const maxPlans = 100

func (p *plans) put(statement string, e view.Explain) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil {
		p.by = map[string]view.Explain{}
	}
	if _, known := p.by[statement]; !known {
		p.order = append(p.order, statement)
	}
	if len(p.order) > maxPlans {
		delete(p.by, p.order[0])
		p.order = p.order[1:]
	}
	p.by[statement] = e
}

func (p *plans) get(statement string) view.Explain {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.by[statement]
}

var errNoQuery = errors.New("the Record has no such query")

// explainQuery asks the app's database how it runs a query of a Record. The form names
// the Record and the span and nothing else: what is asked of the database is the text that
// the app itself sent it. Why there is no plan is shown in its place.
func explainQuery(d *Dashboard, r *http.Request) (target string, err error) {
	id, err := instrument.ParseID(r.PostForm.Get("id"))
	if err != nil {
		return "", err
	}
	target = id.String()
	if d.config.Explain == nil {
		return target, errors.New("plans are not asked for in this app: see toolbar.Config.Explain")
	}
	rec, err := d.store.Record(r.Context(), id)
	if err != nil {
		return target, err
	}
	n, err := strconv.Atoi(r.PostForm.Get("span"))
	if err != nil || n < 0 || n >= len(rec.Spans) || rec.Spans[n].Handler.Kind != instrument.KindQuery {
		return target, errNoQuery
	}
	statement := rec.Spans[n].Handler.Name
	target = fmt.Sprintf("%s, query %d", target, n)
	plan, err := d.config.Explain(r.Context(), statement)
	if err != nil {
		d.plans.put(statement, view.Explain{Error: err.Error()})
		return target + ": no plan: " + err.Error(), nil
	}
	d.KeepPlan(statement, plan)
	return target, nil
}

// KeepPlan shows a plan where its statement is shown, as long as it is among the newest.
func (d *Dashboard) KeepPlan(statement string, p *explain.Plan) {
	d.plans.put(statement, view.Explain{Plan: p.String(), Took: p.Took})
}

// keptPlan is a plan in a note on a Record.
type keptPlan struct {
	Plan string        `json:"plan"`
	Took time.Duration `json:"took_ns"`
}

// PlanNote makes the note by which a Record keeps the plan of one of its statements, as it
// was when that ran; see [Editor]. Of a long plan it has the beginning.
func PlanNote(statement string, p *explain.Plan) (name string, body []byte) {
	k := keptPlan{Plan: p.String(), Took: p.Took}
	for {
		body, err := json.Marshal(k)
		if err == nil && len(body) <= query.MaxNote {
			return planNote(statement), body
		}
		k.Plan = cutLines(k.Plan, len(k.Plan)*3/4)
	}
}

// planNote is the note's name, by the statement's text, which may be long.
func planNote(statement string) string {
	h := fnv.New64a()
	_, _ = io.WriteString(h, statement) // a hash takes everything
	return fmt.Sprintf("sql.plan.%016x", h.Sum64())
}

// cutLines is the beginning of a text of lines, at most n bytes of it.
func cutLines(text string, n int) string {
	const more = "\n…"
	text = strings.TrimSuffix(text, more)
	text = text[:min(n, len(text))]
	return text[:max(0, strings.LastIndexByte(text, '\n'))] + more
}

// explains fills in the plans of a Record's queries and, for who may ask, the form.
func (d *Dashboard) explains(r *http.Request, rec *instrument.Record, m *view.Record) {
	m.Explains = map[string]view.Explain{}
	may := d.config.Explain != nil && d.may(r, ActRun)
	var notes map[string][]byte
	if d.editor != nil {
		notes, _ = d.editor.Notes(r.Context(), rec.ID) // without them the page has what was asked for lately
	}
	for i := range rec.Spans {
		s := &rec.Spans[i]
		if s.Handler.Kind != instrument.KindQuery {
			continue
		}
		if text := sqltap.Runnable(*s); text != s.Handler.Name {
			m.Spans[i].Runnable = text
		}
		if _, known := m.Explains[s.Handler.Name]; known {
			continue
		}
		e := d.plans.get(s.Handler.Name)
		var kept keptPlan
		if body, ok := notes[planNote(s.Handler.Name)]; ok && json.Unmarshal(body, &kept) == nil {
			e.Kept = kept.Plan
		}
		if may && sqltap.Explainable(s.Handler.Name) {
			e.Path, e.Proof = d.base.Page("explain"), d.proof()
		}
		m.Explains[s.Handler.Name] = e
	}
}
