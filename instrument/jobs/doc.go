// Package jobs is how queued work is looked at and steered, whatever engine runs it:
// pages, metrics and the command line ask a [Source], and an engine answers. Package
// tasks answers for River; an app with another engine may implement Source itself and
// gets the same pages.
//
// It is apart from instrument because most programs have no queue, and apart from the
// engine because the dashboard must not link one.
//
//	source := tasks.Source(client)
//	tb, err := toolbar.New(toolbar.Config{Jobs: source})
//
// A job is one piece of work with its arguments. It waits in a queue, a worker tries it
// once or several times, and each attempt is a Record of its own. A [Source] tells of
// jobs, the store of Records: [Attempt.Record] and [Job.Parent] lead from one to the
// other.
package jobs
