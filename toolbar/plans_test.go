package toolbar_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// planOfPots is what the panel says of the statement that reads when its plan was kept.
const planOfPots = "How the database ran it when it was slow"

func TestExplainSlow_KeepsThePlanWithTheRecord(t *testing.T) {
	app, _ := pots(t)
	path := filepath.Join(t.TempDir(), "toolbar.db")
	always := map[instrument.Kind]time.Duration{instrument.KindQuery: 1}
	b := setup(t, toolbar.Config{Path: path, ExplainSlow: true, Slow: always}, app)
	b.get("/pots")
	b.flush()
	if n := b.keptPlans(); n != 1 {
		t.Fatalf("%d of the two statements have a plan, want that of the one that reads", n)
	}
	b.get("/pots?again")
	b.flush()
	b.srv.Close()
	if err := b.tb.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Another process has no plans in its memory, so what it shows is in the store.
	b = setup(t, toolbar.Config{Path: path, Explain: toolbar.ExplainNever}, app)
	var list struct {
		Records []struct{ ID string }
	}
	b.api("requests?q=path:/pots", &list)
	kept := 0
	for _, r := range list.Records {
		kept += b.keptPlansOf(r.ID)
	}
	if len(list.Records) != 2 || kept != 1 {
		t.Errorf("%d of %d Records keep a plan, want the first one: within an hour a statement is asked about once", kept, len(list.Records))
	}
}

func TestExplainSlow_LeavesFastStatementsAlone(t *testing.T) {
	app, _ := pots(t)
	b := setup(t, toolbar.Config{ExplainSlow: true, Slow: map[instrument.Kind]time.Duration{instrument.KindQuery: time.Hour}}, app)
	b.get("/pots")
	b.flush()
	if n := b.keptPlans(); n != 0 {
		t.Errorf("%d statements below the limit were asked about", n)
	}
}

func TestExplainSlow_HasLimitsOfStatements(t *testing.T) {
	app, _ := pots(t)
	b := setup(t, toolbar.Config{
		ExplainSlow: true, Slow: map[instrument.Kind]time.Duration{instrument.KindQuery: time.Hour},
		SlowQueries: map[string]time.Duration{"SELECT count(*) FROM pots WHERE glaze = ?": 1},
	}, app)
	b.get("/pots")
	b.flush()
	if n := b.keptPlans(); n != 1 {
		t.Errorf("%d statements have a plan, want that of the one with a limit of its own", n)
	}
}

func TestExplainSlow_NeedsExplain(t *testing.T) {
	for _, c := range []toolbar.Config{
		{ExplainSlow: true, Explain: toolbar.ExplainNever},
		{ExplainSlow: true, Keep: collect.Keep{Share: 0.5}},
	} {
		c.Path = filepath.Join(t.TempDir(), "toolbar.db")
		if _, err := toolbar.New(c); err == nil || !strings.Contains(err.Error(), "ExplainAlways") {
			t.Errorf("the error is %v, want one that says what to set", err)
		}
	}
}

// keptPlans is how many statements of the only request show a plan that was kept.
func (b *bundle) keptPlans() int {
	b.Helper()
	id, _, _ := b.panel("0")
	return b.keptPlansOf(id)
}

func (b *bundle) keptPlansOf(id string) (n int) {
	b.Helper()
	for _, statement := range []string{"0", "1"} {
		_, page := b.get("/_toolbar/requests/" + id + "/sql?statement=" + statement)
		if strings.Contains(page, planOfPots) && strings.Contains(page, "SCAN pots") {
			n++
		}
	}
	return n
}

func TestPlanNote_OfALongPlanHasTheBeginning(t *testing.T) {
	root := &explain.Node{Name: "Append"}
	for i := range 500 {
		root.Nodes = append(root.Nodes, &explain.Node{Name: "Seq Scan", Object: fmt.Sprintf("parted_%d", i)})
	}
	_, body := web.PlanNote("SELECT * FROM parted", &explain.Plan{System: explain.PostgreSQL, Root: []*explain.Node{root}})
	var note struct{ Plan string }
	if err := json.Unmarshal(body, &note); err != nil || len(body) > query.MaxNote || len(body) < query.MaxNote/2 {
		t.Fatalf("%d bytes, %d are allowed: %v", len(body), query.MaxNote, err)
	}
	if !strings.Contains(note.Plan, "parted_0") || !strings.HasSuffix(note.Plan, "\n…") {
		t.Errorf("the plan is not the beginning:\n%s", note.Plan)
	}
}
