package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
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
	rec, err := d.config.Store.Record(r.Context(), id)
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
	d.plans.put(statement, view.Explain{Plan: plan.String(), Took: plan.Took})
	return target, nil
}

// explains fills in the plans of a Record's queries and, for who may ask, the form.
func (d *Dashboard) explains(r *http.Request, rec *instrument.Record, m *view.Record) {
	m.Explains = map[string]view.Explain{}
	may := d.config.Explain != nil && d.may(r, ActRun)
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
		if may && sqltap.Explainable(s.Handler.Name) {
			e.Path, e.Proof = d.base.Page("explain"), d.proof()
		}
		m.Explains[s.Handler.Name] = e
	}
}
