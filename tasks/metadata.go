package tasks

import (
	"encoding/json"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// The keys that this package writes into a job's metadata, beside River's own. Those of
// the insert are never changed again; MetaAttempts grows with each attempt.
const (
	// MetaTraceparent is where in which trace the job was queued, as in W3C's header.
	MetaTraceparent = "traceparent"
	// MetaParent is the id of the Record that queued the job, as ID.String writes it.
	MetaParent = "toolbar:parent"
	// MetaDeadline is when the job expires, in RFC 3339.
	MetaDeadline = "toolbar:deadline"
	// MetaSchedule is the name of the schedule that queued the job.
	MetaSchedule = "toolbar:schedule"
	// MetaTick is the time for which a schedule queued the job, in RFC 3339.
	MetaTick = "toolbar:tick"
	// MetaRetry is the policy that a call gave the job in place of its task's.
	MetaRetry = "toolbar:retry"
	// MetaTimeout is the limit that a call gave the job in place of its task's, in
	// nanoseconds; -1 is none.
	MetaTimeout = "toolbar:timeout"
	// MetaAttempts lists what each attempt did: an array of [Attempt].
	MetaAttempts = "toolbar:attempts"
	// MetaDone names the receivers of a signal that need not be called again.
	MetaDone = "toolbar:done"
	// MetaProgress is the [Progress] that the job reported last.
	MetaProgress = "toolbar:progress"

	metaSlot   = "toolbar:slot"   // when a job whose rate is limited may begin
	metaNext   = "toolbar:next"   // the rest of a chain: a list of queued
	metaGroup  = "toolbar:group"  // the group that the job is a member of
	metaMember = "toolbar:member" // its place in it, from 0
)

// Attempt is what is kept of an attempt in the job's metadata.
type Attempt struct {
	N       int           `json:"n"`                // 1 for the first; snoozes repeat a number
	Record  string        `json:"record,omitempty"` // the Record's id; "" when nothing was recorded
	Start   time.Time     `json:"start"`
	End     time.Time     `json:"end"`
	Wait    time.Duration `json:"wait_ns"` // from when the job might have run
	Worker  string        `json:"worker"`
	Outcome Outcome       `json:"outcome"`
}

// maxAttempts is how many attempts are kept in metadata; the first go first.
const maxAttempts = 50

// metadata is what this package has written into a job's metadata.
type metadata struct {
	Traceparent string            `json:"traceparent"`
	Parent      string            `json:"toolbar:parent"`
	Deadline    time.Time         `json:"toolbar:deadline"`
	Schedule    string            `json:"toolbar:schedule"`
	Tick        time.Time         `json:"toolbar:tick"`
	Retry       *Retry            `json:"toolbar:retry"`
	Timeout     time.Duration     `json:"toolbar:timeout"`
	Attempts    []json.RawMessage `json:"toolbar:attempts"`
	Slot        time.Time         `json:"toolbar:slot"`
	Next        []queued          `json:"toolbar:next"`
	Group       string            `json:"toolbar:group"`
	Member      int               `json:"toolbar:member"`
}

// readMetadata reads what it can: metadata that others have damaged must not keep a job
// from running.
func readMetadata(raw []byte) (m metadata) {
	if len(raw) <= len("{}") {
		return m
	}
	if json.Unmarshal(raw, &m) != nil {
		return metadata{}
	}
	return m
}

// link is the parent Record and the trace in metadata.
func (m *metadata) link() (parent instrument.ID, trace instrument.TraceContext) {
	trace, _ = instrument.ParseTraceparent(m.Traceparent)
	parent, _ = instrument.ParseID(m.Parent)
	return parent, trace
}

// addMetadata adds fields to a JSON object; a field that is there already stays.
func addMetadata(raw []byte, fields map[string]any) ([]byte, error) {
	return setMetadata(raw, fields, false)
}

// mergeMetadata sets fields of a JSON object.
func mergeMetadata(raw []byte, fields map[string]any) ([]byte, error) {
	return setMetadata(raw, fields, true)
}

func setMetadata(raw []byte, fields map[string]any, replace bool) ([]byte, error) {
	all := map[string]json.RawMessage{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &all); err != nil {
			return nil, err
		}
	}
	for k, v := range fields {
		if _, ok := all[k]; ok && !replace {
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		all[k] = text
	}
	return json.Marshal(all)
}
