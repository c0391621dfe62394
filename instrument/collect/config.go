package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Defaults of [Config].
const (
	DefaultQueueRecords = 10_000
	DefaultQueueBytes   = 16 << 20
	DefaultBatchRecords = 500
	DefaultBatchDelay   = 20 * time.Millisecond
	DefaultRollEvery    = 10 * time.Second
	DefaultPruneEvery   = time.Minute
)

// Config says where Records go and what a Collector may use on the way. Only
// Store is required.
type Config struct {
	// Store receives what is collected. It is called from one goroutine only.
	Store Store
	// Keep decides which Records are stored; the zero value keeps all.
	Keep Keep
	// QueueRecords and QueueBytes bound what waits for the store, including the
	// batch being written. 0 means 10,000 and 16 MiB. What does not fit is dropped
	// and counted.
	QueueRecords, QueueBytes int
	// BatchRecords is the most Records of one transaction; 0 means 500.
	BatchRecords int
	// BatchDelay is how long the first Record of a batch waits for others; 0
	// means 20 ms.
	BatchDelay time.Duration
	// RollEvery is how often statistics go to the store; 0 means 10 s. They also
	// go there at the end of each minute, at Flush and at Close.
	RollEvery time.Duration
	// PruneEvery is how often the store is asked to remove what is too old; 0
	// means a minute.
	PruneEvery time.Duration
	// Documents are facts about the process that are stored beside its Records, if
	// the Store is a [DocumentStore].
	Documents []Document
	// Logger hears of trouble, at most once a minute; nil means slog.Default().
	Logger *slog.Logger
	// Now is the wall clock that decides to which minute statistics belong; nil
	// means time.Now. Waiting does not depend on it.
	Now func() time.Time
}

// Store is what a Collector needs of a store. Each call has a deadline in its
// ctx. A call that panics counts as one that failed.
type Store interface {
	// Append stores the Records of a batch in one transaction: all or none. The
	// batch is the Collector's again when it returns. After an error the same batch
	// comes again: a Record that is there already is to be left as it is.
	Append(ctx context.Context, b *instrument.Batch) error
	// Roll adds the increments of rows to the statistics of at's minute. The
	// Slowest of a row are the slowest of the minute so far: they may name Records
	// that an earlier call for the minute named too.
	Roll(ctx context.Context, at time.Time, rows []instrument.RollRow) error
	// Prune removes a small portion of what is no longer to be kept, and says
	// whether there is more to remove.
	Prune(ctx context.Context) (more bool, err error)
}

// withDefaults fills in what was left zero.
func (c Config) withDefaults() Config {
	c.QueueRecords = cmp.Or(c.QueueRecords, DefaultQueueRecords)
	c.QueueBytes = cmp.Or(c.QueueBytes, DefaultQueueBytes)
	c.BatchRecords = min(cmp.Or(c.BatchRecords, DefaultBatchRecords), c.QueueRecords)
	c.BatchDelay = cmp.Or(c.BatchDelay, DefaultBatchDelay)
	c.RollEvery = cmp.Or(c.RollEvery, DefaultRollEvery)
	c.PruneEvery = cmp.Or(c.PruneEvery, DefaultPruneEvery)
	c.Keep = c.Keep.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// validate reports every field that cannot be meant.
func (c Config) validate() error {
	var errs []error
	if c.Store == nil {
		errs = append(errs, errors.New("Store is nil: give it the store that keeps the Records"))
	}
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"QueueRecords", int64(c.QueueRecords)},
		{"QueueBytes", int64(c.QueueBytes)},
		{"BatchRecords", int64(c.BatchRecords)},
		{"BatchDelay", int64(c.BatchDelay)},
		{"RollEvery", int64(c.RollEvery)},
		{"PruneEvery", int64(c.PruneEvery)},
	} {
		if f.value < 0 {
			errs = append(errs, fmt.Errorf("%s is negative: use 0 for the default", f.name))
		}
	}
	if s := c.Keep.Share; math.IsNaN(s) || s < 0 || s > 1 {
		errs = append(errs, fmt.Errorf("Keep.Share is %v: it is a share between 0 and 1", s))
	}
	return errors.Join(errs...)
}
