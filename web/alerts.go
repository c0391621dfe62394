package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// alertRecords is how many of the newest Records are read for findings.
const alertRecords = 60

// alertsPage is everything that is wrong, in one place: handlers that fail or are slow,
// what became worse since the build before, findings in Records, the toolbar's own
// trouble.
func alertsPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	w := windowOf(r.URL.Query(), time.Now())
	s := d.shell(r, "Alerts", "alerts")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	m, err := d.alerts(r, w)
	if err != nil {
		return nil, err
	}
	return view.AlertsPage(s, m), nil
}

func (d *Dashboard) alerts(r *http.Request, w window) (m view.Alerts, err error) {
	m.Window = w.length()
	rows, err := d.store.Handlers(r.Context(), query.Handlers{Since: w.since, Until: w.until})
	if err != nil {
		return m, err
	}
	for i := range rows {
		m.Problems = append(m.Problems, d.problems(&rows[i])...)
	}
	sortProblems(m.Problems)
	if !d.alertsOff[alertWorse] {
		if m.Worse, m.WorseThan, err = d.sinceLastBuild(r); err != nil {
			return m, err
		}
	}
	m.Findings, m.Records = d.recentFindings(r.Context())
	m.Own = d.ownTrouble()
	return m, nil
}

// sinceLastBuild are the handlers that the latest build has made slower or more failing,
// and the build that it is compared with; "" when there is no other. Another program that
// shares the store is no earlier build.
func (d *Dashboard) sinceLastBuild(r *http.Request) (worse []view.Problem, than string, err error) {
	builds, err := d.builds(r)
	if err != nil || len(builds) < 2 {
		return nil, "", err
	}
	older := slices.IndexFunc(builds[1:], func(b build) bool { return b.main == builds[0].main })
	if older < 0 {
		return nil, "", nil
	}
	older++
	before, err := d.everHandlers(r.Context(), query.Handlers{Processes: builds[older].processes})
	if err != nil {
		return nil, "", err
	}
	now, err := d.everHandlers(r.Context(), query.Handlers{Processes: builds[0].processes})
	if err != nil {
		return nil, "", err
	}
	for _, c := range report.Compare(before, now, report.CompareOptions{}).Worse() {
		worse = append(worse, view.Problem{
			Status: view.StatusNew, Kind: kindOf(c.Kind), Name: problemName(c.HandlerInfo), Href: d.base.Handler(kindOf(c.Kind), c.Name),
			Text: strings.ToLower(c.Sentence()[:1]) + c.Sentence()[1:], Count: int64(c.B.Count),
		})
	}
	return worse, builds[older].name, nil
}

func problemName(h instrument.HandlerInfo) string { return statementOr(h) }

// recentFindings are the findings in the newest Records, the same one of a route once.
func (d *Dashboard) recentFindings(ctx context.Context) (out []view.FoundAlert, looked int) {
	page, err := d.store.Records(ctx, query.Records{Limit: alertRecords, Budget: listBudget / 4})
	if err != nil {
		return nil, 0
	}
	at := map[string]int{}
	for _, rec := range d.records(ctx, idsOf(page.Records)) {
		looked++
		for _, a := range view.RecordAlerts(d.recordModel(rec)) {
			key := rec.Handler.Name + "\n" + a.Title
			if a.Status == view.StatusNew { // advice about the app's code, whatever the route
				key = a.Title
			}
			j, known := at[key]
			if !known {
				j = len(out)
				at[key] = j
				a.Href, a.Action = d.base.RecordPanel(rec.ID.String(), "alerts"), "A record that shows it"
				out = append(out, view.FoundAlert{Alert: a, Kind: kindOf(rec.Handler.Kind), Name: rec.Handler.Name})
			}
			out[j].Count++
		}
	}
	slices.SortStableFunc(out, func(a, b view.FoundAlert) int {
		bad := func(f view.FoundAlert) int {
			if f.Status == view.StatusBad {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(bad(a), bad(b)), cmp.Compare(b.Count, a.Count))
	})
	return out, looked
}

// ownTrouble is what is wrong with recording itself.
func (d *Dashboard) ownTrouble() (out []view.Alert) {
	if d.config.Status == nil {
		return nil
	}
	st := d.config.Status()
	if n := d.lost(); n > 0 {
		out = append(out, view.Alert{
			Status: view.StatusBad, Title: fmt.Sprintf("%s records were dropped", view.Count(n)),
			Text: "Statistics have them all; their details are lost.", Href: d.base.Page("health"), Action: "Why",
			Fix: "raise QueueRecords and QueueBytes, or keep fewer Records (Config.Keep).",
		})
	}
	if st.LastError != "" {
		out = append(out, view.Alert{Status: view.StatusBad, Title: "The last write to the store failed", Text: st.LastError, Href: d.base.Page("health"), Action: "Health"})
	}
	return out
}

type alertListJSON struct {
	Problems  []problemJSON `json:"problems"`
	Worse     []problemJSON `json:"worse"`                // since the build before
	WorseThan string        `json:"worse_than,omitempty"` // that build
	Findings  []findingJSON `json:"findings"`
	Records   int           `json:"records"` // how many of the newest were looked at
}

type findingJSON struct {
	Rule   string `json:"rule"` // by which it was found, as the configuration switches it off
	Bad    bool   `json:"bad"`
	Kind   string `json:"kind"` // of the Record's handler
	Name   string `json:"name"`
	Title  string `json:"title"`
	Text   string `json:"text"`
	Fix    string `json:"fix,omitempty"`
	Code   string `json:"code,omitempty"`
	Count  int    `json:"count"`
	Record string `json:"record"` // the page of one that shows it
}

// apiAlerts is everything that is wrong.
func apiAlerts(d *Dashboard, r *http.Request) (any, error) {
	m, err := d.alerts(r, windowOf(r.URL.Query(), time.Now()))
	if err != nil {
		return nil, err
	}
	problems := func(ps []view.Problem) []problemJSON {
		out := []problemJSON{}
		for _, p := range ps {
			out = append(out, problemJSON{string(p.Kind), cmp.Or(p.Code, p.Name), p.Text, p.Count, p.Of, p.Status == view.StatusBad})
		}
		return out
	}
	out := alertListJSON{Problems: problems(m.Problems), Worse: problems(m.Worse), WorseThan: m.WorseThan, Findings: []findingJSON{}, Records: m.Records}
	for _, f := range m.Findings {
		out.Findings = append(out.Findings, findingJSON{f.Rule, f.Status == view.StatusBad, string(f.Kind), f.Name, f.Title, f.Text, f.Fix, f.Code, f.Count, f.Href})
	}
	return out, nil
}
