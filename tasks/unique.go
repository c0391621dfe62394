package tasks

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Unique keeps a second job from being queued while a first one like it is waiting,
// running or to be retried. Jobs are told apart by all that is set here, beside their
// task. A job that was kept out is no error: [Job.Duplicate] tells, and [Job.Row] is the
// first one. The zero Unique keeps nothing out.
type Unique struct {
	// On makes any two jobs of the task alike, where no other field tells them apart. The
	// other fields switch it on by themselves.
	On bool
	// Args tells jobs apart by their arguments: by the fields that are tagged
	// `river:"unique"`, or by all when none is.
	Args bool
	// Key tells jobs apart by a text of the app's own, such as an order's number.
	Key string
	// Queue tells jobs apart by their queue.
	Queue bool
	// Period tells jobs apart by the stretch of time that they are due in: an hour is one
	// job for each hour by the clock. A second at least; jobs that are done count then.
	Period time.Duration
	// Done counts jobs that are done as well, for as long as River keeps them: a day.
	Done bool
}

func (u Unique) validate(whose string) error {
	if u.Period != 0 && u.Period < time.Second {
		return fmt.Errorf("%s: Unique.Period is %s: a second is the least", whose, u.Period)
	}
	return nil
}

// unfinished are the states in which a job keeps others out.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

// opts are River's options for u. fields are the arguments' tagged fields, of which River,
// which has them encoded, does not know.
func (u Unique) opts(fields []string) river.UniqueOpts {
	if u == (Unique{}) {
		return river.UniqueOpts{}
	}
	o := river.UniqueOpts{ByArgs: u.Args && len(fields) == 0, ByQueue: u.Queue, ByState: unfinished}
	if u.Done || u.Period > 0 {
		o.ByState = append([]rivertype.JobState{rivertype.JobStateCompleted}, unfinished...)
	}
	return o
}

// key is what tells jobs apart beside River's options. The period is in it, since River
// goes by when a job is queued, not by when it is due.
func (u Unique) key(fields []string, encoded []byte, due time.Time) string {
	var b strings.Builder
	if u.Period > 0 {
		fmt.Fprintf(&b, "due=%d&", due.Truncate(u.Period).Unix())
	}
	if u.Key != "" {
		fmt.Fprintf(&b, "key=%q", u.Key)
	}
	if !u.Args || len(fields) == 0 {
		return b.String()
	}
	var values map[string]json.RawMessage
	if json.Unmarshal(encoded, &values) != nil {
		return b.String()
	}
	for _, f := range fields {
		fmt.Fprintf(&b, "&%s=%s", f, values[f])
	}
	return b.String()
}

// uniqueFields are the names in JSON of the fields that are tagged `river:"unique"`.
func uniqueFields(t reflect.Type) (names []string) {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		if f.Tag.Get("river") != "unique" || !f.IsExported() || len(f.Index) > 1 {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		names = append(names, name)
	}
	return names
}

// distinguish gives a unique job its own key as well.
func distinguish(p *rivertype.JobInsertParams) {
	args, ok := p.Args.(jobArgs)
	if !ok || args.unique == "" || p.UniqueKey == nil {
		return
	}
	sum := sha256.Sum256(append(append([]byte(nil), p.UniqueKey...), args.unique...))
	p.UniqueKey = sum[:]
}
