package metrics

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

// Config says what is exported. The zero Config exports the build alone.
type Config struct {
	// Recorder has the statistics.
	Recorder *instrument.Recorder
	// Dropped gives the number of Records that were not stored, by reason; package
	// collect has it in its Stats. Nil: the metric is absent.
	Dropped func() map[string]uint64
	// StoreBytes is the size of the store's files. It is asked at every scrape, so it
	// must be quick. Nil, or a value below zero: the metric is absent.
	StoreBytes func() int64
	// SelfCPU is the processor time that the toolbar's own goroutines have used. Nil:
	// the metric is absent.
	SelfCPU func() time.Duration
	// Jobs is the queue of the app's tasks. Its database is asked at every scrape, for a
	// second at most; what it does not answer is absent then. Nil, or one that is not open
	// yet: the metrics of tasks are absent.
	Jobs jobs.Source
	// ByHandler are the kinds whose handlers have series of their own; the others are
	// added up by kind. Nil: all but query, prepare, connect, disconnect, cache, call, render,
	// log and exception, whose names may be long, many or a client's choice. Kinds log and exception take no time and are
	// exported only when they are listed.
	ByHandler []instrument.Kind
	// MaxSeries bounds the number of series, each bucket of a classic histogram
	// counted as one. 0: 2,000, which is room for about 100 handlers. Tasks are bounded
	// beside it: 50 queues, and 500 series of attempts.
	MaxSeries int
}

const defaultMaxSeries = 2000

// grouped are the kinds that have no series by handler unless asked for. Three are those of
// package sqltap.
var grouped = []instrument.Kind{
	instrument.RegisterKind("prepare"), instrument.RegisterKind("connect"), instrument.RegisterKind("disconnect"),
	instrument.KindQuery, instrument.KindCache, instrument.KindCall, instrument.KindRender, instrument.KindLog, instrument.KindException,
}

// timeless are the kinds that are exported only when asked for.
var timeless = []instrument.Kind{instrument.KindLog, instrument.KindException}

// nested are the built-in kinds of which no Record is made, or not mostly: how many
// of them run now is not kept.
var nested = []instrument.Kind{
	instrument.KindLayer, instrument.KindView, instrument.KindSignal, instrument.KindReceiver,
	instrument.KindQuery, instrument.KindCache, instrument.KindCall, instrument.KindRender,
	instrument.KindLog, instrument.KindException, instrument.KindCustom,
}
