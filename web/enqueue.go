package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// enqueueForm queues a job of the kind that the list of jobs is narrowed to; nil where no
// single one is chosen, the queue takes none by hand, or the viewer may not.
func (d *Dashboard) enqueueForm(r *http.Request, kinds []jobs.Kind, back string) *view.EnqueueForm {
	_, takes := d.config.Jobs.(jobs.Enqueuer)
	chosen := r.URL.Query()["kind"]
	if !takes || len(chosen) != 1 || !d.may(r, ActEnqueue) {
		return nil
	}
	i := slices.IndexFunc(kinds, func(k jobs.Kind) bool { return k.Name == chosen[0] })
	if i < 0 {
		return nil
	}
	f := &view.EnqueueForm{Kind: chosen[0], Args: "{}", Path: d.base.Page("enqueue"), Proof: d.proof(), Back: back}
	var pretty bytes.Buffer
	if len(kinds[i].Example) > 0 && json.Indent(&pretty, kinds[i].Example, "", "  ") == nil {
		f.Args = pretty.String()
	}
	return f
}

// enqueue queues a job by hand.
func enqueue(d *Dashboard, r *http.Request) (target string, err error) {
	e, ok := d.config.Jobs.(jobs.Enqueuer)
	kind := r.PostForm.Get("kind")
	if !ok {
		return "kind " + kind, errors.New("the app's queue takes no jobs by hand")
	}
	id, err := e.Enqueue(r.Context(), kind, json.RawMessage(r.PostForm.Get("args")))
	if err != nil {
		return "kind " + kind, err
	}
	return "kind " + kind + " job " + id, nil
}
