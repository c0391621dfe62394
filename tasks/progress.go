package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river/riverdriver"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Progress is how far a job has come, as it stands in the job's metadata.
type Progress struct {
	Done  int64     `json:"done"`
	Total int64     `json:"total,omitempty"` // 0: not known
	Note  string    `json:"note,omitempty"`
	At    time.Time `json:"at"`
}

var (
	keyDone  = instrument.NewKey("task.progress.done")
	keyTotal = instrument.NewKey("task.progress.total")
)

// progressEvery is how often progress is written while a job runs; the last one is
// written with the job's end in any case.
const progressEvery = time.Second

// SetProgress notes how far the job that ctx runs in has come; a total of 0 is not known.
// It may be called for each row of a million: it is written once a second at most, and
// with the attempt's end. Outside of a job it does nothing.
func SetProgress(ctx context.Context, done, total int64, note string) {
	a := attemptOf(ctx)
	if a == nil {
		return
	}
	p := Progress{Done: done, Total: total, Note: note, At: a.client.now().UTC()}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.progress = &p
	if p.At.Sub(a.written) < progressEvery {
		return
	}
	a.written = p.At
	_ = a.client.writeProgress(ctx, a.job.ID, p) // what is lost is written at the end
}

func (c *Client) writeProgress(ctx context.Context, id int64, p Progress) error {
	text, err := json.Marshal(map[string]Progress{MetaProgress: p})
	if err != nil {
		return err
	}
	_, err = c.engine.executor().JobUpdate(ctx, &riverdriver.JobUpdateParams{
		ID: id, Metadata: text, MetadataDoMerge: true, Schema: c.config.Schema,
	})
	if err != nil {
		return fmt.Errorf("write progress: %w", err)
	}
	return nil
}

// keepProgress leaves the last progress with the job and the Record.
func (a *attempt) keepProgress() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.progress == nil {
		return
	}
	_ = a.set(MetaProgress, a.progress)
	a.rec.Set(keyDone.Int64(a.progress.Done), keyTotal.Int64(a.progress.Total))
}
