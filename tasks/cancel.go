package tasks

import (
	"context"
	"encoding/json"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// JobCancel is River's: a job that waits never runs, one that runs has its context
// cancelled and is not tried again when it returns an error.
//
// On SQLite River's driver (v0.47.0) marks a running job and tells nobody, so its worker
// would go on: here it is told.
func (c *Client) JobCancel(ctx context.Context, id int64) (*rivertype.JobRow, error) {
	job, err := c.River.JobCancel(ctx, id)
	if err != nil || c.base.postgres() || job.State != rivertype.JobStateRunning {
		return job, err
	}
	payload, err := json.Marshal(map[string]any{"action": "cancel", "job_id": job.ID, "queue": job.Queue})
	if err != nil {
		return nil, err
	}
	return job, c.engine.executor().NotifyMany(ctx, &riverdriver.NotifyManyParams{
		Payload: []string{string(payload)}, Schema: c.config.Schema, Topic: "river_control",
	})
}
