// Package metrics gives a Recorder's statistics to Prometheus: how long every
// handler takes, how often it fails, what is dropped and what the toolbar itself
// costs. Nothing is counted twice: a scrape reads the same counters as the
// dashboard, and between scrapes the package costs one addition a Record.
//
//	c := metrics.New(metrics.Config{Recorder: recorder})
//	defer c.Close()
//	http.Handle("/metrics", c.Handler())
//
// An app that has a registry of its own registers the Collector there.
//
// # Metrics
//
//	toolbar_handler_duration_seconds{kind,handler}   histogram
//	toolbar_handler_errors_total{kind,handler}       panics included
//	toolbar_handler_panics_total{kind,handler}
//	toolbar_handler_in_flight{kind,handler}          kinds that Records are made of
//	toolbar_handler_series_overflow_total            handlers without series of their own
//	toolbar_records_total{kind}                      ended, kept or not
//	toolbar_records_dropped_total{reason}
//	toolbar_store_bytes
//	toolbar_self_cpu_seconds_total
//	toolbar_build_info{version,revision,goversion}
//
// With a queue (Config.Jobs), what this process did:
//
//	toolbar_task_attempts_total{task,queue,outcome}  completed, retryable, discarded, cancelled, snoozed, interrupted
//	toolbar_task_wait_seconds{queue}                 histogram: from when a job could run until it began
//
// and what the database says, which is the same of every process that asks it:
//
//	toolbar_task_queue_jobs{queue,state}
//	toolbar_task_queue_latency_seconds{queue}        of the job that waits longest
//	toolbar_task_queue_slots{queue}                  jobs that all live workers may run at once
//	toolbar_task_queue_paused{queue}                 1: paused
//	toolbar_task_workers{state}                      alive, lost
//
// How long tasks run and which fail is toolbar_handler_duration_seconds{kind="task"}.
//
// # Histograms
//
// The recorder's buckets are Prometheus' native ones of schema 5, so a native
// histogram has exactly what was counted: quantiles are within 1.1 %. A Prometheus
// that does not take native histograms reads the classic buckets beside them. Their
// bounds are powers of two, from 2^-8 s (3.9 ms) to 2^3 s (8 s), because these are
// bounds of native buckets too: their counts are exact, nothing is interpolated.
//
// # Labels
//
// Labels hold names from the code (a route's pattern, a receiver, a command), never
// what a client can choose. Statements, cache keys and called hosts are not such
// names: the handlers of these kinds are added up under handler="__all__", unless
// [Config.ByHandler] says otherwise. Names that are not UTF-8 are repaired, and
// names that become equal are added up.
//
// All series together stay below [Config.MaxSeries]. Handlers that come when it is
// used up are added up under handler="__other__"; which handlers have series of
// their own does not change while the process lives, so that no counter falls.
package metrics
