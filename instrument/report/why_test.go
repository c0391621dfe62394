package report_test

import (
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

func rowOf(t *testing.T, r *report.Report, h instrument.HandlerInfo) report.Row {
	t.Helper()
	for _, row := range r.Rows {
		if row.Name == h.Name && row.Kind == h.Kind {
			return row
		}
	}
	t.Fatalf("no row for %v", h)
	return report.Row{}
}

func TestWhy_NamesTheLargestPartFirst(t *testing.T) {
	t.Parallel()
	r := mustBuild(t, shop(), report.Options{Explain: -1})
	if rowOf(t, r, sendMail).Why != nil {
		t.Error("explained although nobody asked")
	}
	r = mustBuild(t, shop(), report.Options{Explain: 20})
	mail := rowOf(t, r, sendMail).Why
	if mail.Calls != 3 || mail.Time != 3*388*time.Millisecond || len(mail.Samples) != 3 {
		t.Errorf("read %d calls, %v, %d records; want 3, 1.164s, 3", mail.Calls, mail.Time, len(mail.Samples))
	}
	if p := mail.Parts[0]; !p.Own || p.Time != 3*375*time.Millisecond {
		t.Errorf("first part of the mail is %+v, want its own time", p)
	}
	if mail.Caller == nil || *mail.Caller != changed {
		t.Errorf("the mail's caller is %v, want the signal and its place", mail.Caller)
	}
	view := rowOf(t, r, checkout).Why
	if p := view.Parts[0]; p.Handler != changed || p.Calls != 3 {
		t.Errorf("first part of the view is %+v, want the signal", p)
	}
	if p := view.Parts[1]; p.Handler != products || p.Calls != 3*41 {
		t.Errorf("second part of the view is %+v, want 123 queries", p)
	}
}

func TestWhy_PassesOverRecordsThatAreGone(t *testing.T) {
	t.Parallel()
	src := shop()
	for id := range src.records {
		delete(src.records, id)
	}
	r := mustBuild(t, src, report.Options{})
	if r.Rows[0].Why != nil {
		t.Errorf("explained from nothing: %+v", r.Rows[0].Why)
	}
}

func TestWhy_CountsACallInsideItselfOnce(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	src := &source{records: map[instrument.ID]*instrument.Record{1: {Spans: []instrument.RecordSpan{
		{Handler: checkout, Parent: -1, Duration: 100 * ms, Self: 10 * ms},
		{Handler: checkout, Parent: 0, Duration: 90 * ms, Self: 20 * ms},
		{Handler: charge, Parent: 1, Duration: 70 * ms, Self: 70 * ms},
	}}}}
	src.add(checkout, 1, 100*ms).Slowest = []instrument.SlowRecord{{ID: 1}}
	why := mustBuild(t, src, report.Options{}).Rows[0].Why
	if why.Calls != 1 || why.Time != 100*ms {
		t.Errorf("%d calls, %v; want 1, 100ms", why.Calls, why.Time)
	}
	if p := why.Parts[0]; p.Handler != checkout || p.Share != .9 {
		t.Errorf("first part = %+v, want the inner call", p)
	}
}

func TestWhy_SaysHowManyPartsAreLeftOut(t *testing.T) {
	t.Parallel()
	spans := []instrument.RecordSpan{{Handler: checkout, Parent: -1, Duration: time.Second}}
	for i := range 9 {
		h := handler(instrument.KindReceiver, string(rune('a'+i)), "", 0)
		spans = append(spans, instrument.RecordSpan{Handler: h, Duration: time.Duration(i+1) * time.Millisecond})
	}
	src := &source{records: map[instrument.ID]*instrument.Record{1: {Spans: spans}}}
	src.add(checkout, 1, time.Second).Slowest = []instrument.SlowRecord{{ID: 1}}
	why := mustBuild(t, src, report.Options{}).Rows[0].Why
	if len(why.Parts) != 4 || why.Rest != 6 { // 9 receivers and own time
		t.Errorf("%d parts and %d left out, want 4 and 6", len(why.Parts), why.Rest)
	}
	if why.Parts[0].Handler.Name != "i" {
		t.Errorf("first part = %+v, want the longest", why.Parts[0])
	}
}
