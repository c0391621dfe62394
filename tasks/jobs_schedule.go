package tasks

import (
	"context"
	"fmt"
	"strconv"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

// Schedules are the schedules of the Client's Config with their last ticks and the jobs
// that these queued.
func (s *Source) Schedules(ctx context.Context) (list []jobs.Schedule, err error) {
	infos, err := s.client.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	for _, info := range infos {
		one := jobs.Schedule{
			Name: info.Name, Kind: info.Kind, Spec: info.Spec, Words: info.Words, Zone: info.Zone, Overlap: info.Overlap.String(),
			Next: info.Next, MissedCount: info.Missed,
		}
		var ids []string
		for _, t := range info.Ticks {
			switch t.State {
			case TickMissed:
				one.Missed = append(one.Missed, t.At)
				continue
			case TickSkipped:
				one.Runs = append(one.Runs, jobs.Run{Tick: t.At, Skipped: "job " + strconv.FormatInt(t.Job, 10) + " of an earlier tick had not ended"})
				continue
			}
			one.Runs = append(one.Runs, jobs.Run{Tick: t.At, Job: strconv.FormatInt(t.Job, 10)})
			ids = append(ids, strconv.FormatInt(t.Job, 10))
		}
		if err := s.describeRuns(ctx, one.Runs, ids); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// describeRuns adds what became of the jobs.
func (s *Source) describeRuns(ctx context.Context, runs []jobs.Run, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	page, err := s.List(ctx, jobs.Query{IDs: ids, Limit: len(ids)})
	if err != nil {
		return err
	}
	by := map[string]*jobs.Job{}
	for i := range page.Jobs {
		by[page.Jobs[i].ID] = &page.Jobs[i]
	}
	for i := range runs {
		if j := by[runs[i].Job]; j != nil {
			runs[i].State, runs[i].Duration, runs[i].Error = j.State, j.Runtime(s.client.now()), j.Error
		}
	}
	return nil
}

// Trigger queues a schedule's job now, outside its times.
func (s *Source) Trigger(ctx context.Context, schedule string) (string, error) {
	for _, one := range s.client.schedules {
		if one.Name != schedule {
			continue
		}
		job, err := s.client.enqueueWith(ctx, nil, one.Call, map[string]any{MetaSchedule: one.Name})
		if err != nil {
			return "", err
		}
		s.counted.drop()
		return strconv.FormatInt(job.ID(), 10), nil
	}
	return "", fmt.Errorf("trigger schedule %q: %w", schedule, jobs.ErrNotFound)
}
