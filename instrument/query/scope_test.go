package query_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

var (
	midday   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	services = []query.Process{
		{ID: 4, Service: "shop", Started: midday}, {ID: 3, Service: "mail", Started: midday}, {ID: 1, Service: "shop", Started: midday.Add(-48 * time.Hour)},
	}
)

func TestScope_IsThePartThatItsProcessesHaveBrought(t *testing.T) {
	t.Parallel()
	minutes := midday.Add(-24 * time.Hour)
	for name, c := range map[string]struct {
		scope query.Scope
		want  *query.Part
		says  string
	}{
		"everything":                       {query.Scope{}, nil, ""},
		"a service":                        {query.Scope{Service: "shop"}, &query.Part{Processes: []int64{1, 4}}, ""},
		"a process of today":               {query.Scope{Process: 4}, &query.Part{Processes: []int64{4}}, ""},
		"a process of the day before":      {query.Scope{Process: 1}, &query.Part{Processes: []int64{1}, Since: minutes}, ""},
		"a process of a service":           {query.Scope{Service: "mail", Process: 3}, &query.Part{Processes: []int64{3}}, ""},
		"a process of another service":     {query.Scope{Service: "mail", Process: 4}, nil, `no process 4 of the service "mail"`},
		"a process that is not there":      {query.Scope{Process: 9}, nil, "no process 9"},
		"a service that nobody belongs to": {query.Scope{Service: "x"}, nil, `service "x"`},
	} {
		got, err := c.scope.Part(services, minutes)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if c.says == "" != (err == nil) || err != nil && (!strings.Contains(err.Error(), c.says) || !errors.Is(err, query.ErrNotFound)) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestPart_NarrowsQuestions(t *testing.T) {
	t.Parallel()
	var whole *query.Part
	if q, ok := whole.Handlers(query.Handlers{Handler: "x"}); !ok || q.Handler != "x" || q.Processes != nil || !whole.Has(7) {
		t.Errorf("the whole: %+v, %v", q, ok)
	}
	p := &query.Part{Processes: []int64{1, 4}, Since: midday}
	if q, ok := p.Handlers(query.Handlers{}); !ok || !reflect.DeepEqual(q.Processes, []int64{1, 4}) || !q.Since.Equal(midday) {
		t.Errorf("a window without a beginning: %+v, %v", q, ok)
	}
	later := midday.Add(time.Hour)
	if q, ok := p.Handlers(query.Handlers{Since: later, Processes: []int64{3, 4}}); !ok || !reflect.DeepEqual(q.Processes, []int64{4}) || !q.Since.Equal(later) {
		t.Errorf("processes of a build: %+v, %v", q, ok)
	}
	if _, ok := p.Handlers(query.Handlers{Processes: []int64{3}}); ok {
		t.Error("another process has an answer")
	}
	if _, ok := p.Handlers(query.Handlers{Until: midday}); ok {
		t.Error("what was before has an answer")
	}
	if q, ok := p.Records(query.Records{Processes: []int64{9, 1}}); !ok || !reflect.DeepEqual(q.Processes, []int64{1}) {
		t.Errorf("records: %+v, %v", q, ok)
	}
	if _, ok := (&query.Part{}).Records(query.Records{}); ok {
		t.Error("nothing has records")
	}
}
