package signals

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Description is a signal of the catalogue as plain values, which can be kept, sent
// and read by a program that does not run it. Names in JSON are part of the API.
type Description struct {
	Name      string            `json:"name"`
	Doc       string            `json:"doc,omitempty"`
	Payload   string            `json:"payload"` // the type
	Source    instrument.Source `json:"source"`  // where it is declared
	Fired     bool              `json:"fired"`   // it was sent at least once, heard or not
	Sends     int64             `json:"sends"`   // that reached receivers or interceptors
	Suspended int64             `json:"suspended,omitempty"`
	Paused    bool              `json:"paused,omitempty"`
	// LastSend is when the last of Sends began; zero when nothing recorded it.
	LastSend  time.Time             `json:"last_send,omitzero"`
	Receivers []ReceiverDescription `json:"receivers"` // in the order in which they run
	Recent    []RecentText          `json:"recent,omitempty"`
}

// ReceiverDescription is a receiver of a [Description].
type ReceiverDescription struct {
	Name        string            `json:"name"`
	UID         string            `json:"uid,omitempty"`
	Sender      string            `json:"sender,omitempty"` // the one that it hears; "" for all
	Source      instrument.Source `json:"source"`           // the function
	ConnectedAt instrument.Source `json:"connected_at"`
	Conditions  []string          `json:"conditions,omitempty"`
	Policies    []string          `json:"policies,omitempty"`
	// Options are how it was connected, as it is written: From("shop"), Once().
	Options []string `json:"options,omitempty"`
	Called  bool     `json:"called"` // at least once

	// What a Recorder has counted; receivers of one name share it.
	Calls  uint64        `json:"calls"`
	Errors uint64        `json:"errors,omitempty"` // with those that panicked
	Panics uint64        `json:"panics,omitempty"`
	Mean   time.Duration `json:"mean_ns,omitempty"`
	Max    time.Duration `json:"max_ns,omitempty"`
}

// recentInDescription is how many events a Description has.
const recentInDescription = 10

// Describe describes signals, as a rule [All] of them. The counts of receivers are
// those of r; with nil there are none.
func Describe(all []Info, r *instrument.Recorder) []Description {
	list := make([]Description, 0, len(all))
	for _, i := range all {
		d := Description{
			Name: i.Name, Doc: i.Doc, Payload: i.Payload, Source: i.Source, Fired: i.Fired, Sends: i.Sends,
			Suspended: i.Suspended, Paused: i.Paused, LastSend: i.LastSend.Round(10 * time.Millisecond), // it is told anew from the clock each time
			Receivers: make([]ReceiverDescription, 0, len(i.Receivers)), Recent: i.Recent(recentInDescription),
		}
		for _, c := range i.Receivers {
			d.Receivers = append(d.Receivers, c.describe(r))
		}
		list = append(list, d)
	}
	return list
}

func (c *Connection) describe(r *instrument.Recorder) ReceiverDescription {
	d := ReceiverDescription{
		Name: c.name, UID: c.uid, Source: c.function, ConnectedAt: c.site, Options: c.options(), Called: c.Called(),
	}
	if len(c.conditions) > 0 {
		d.Conditions = c.Conditions()
	}
	if len(c.policies) > 0 {
		d.Policies = c.Policies()
	}
	if c.sender != nil {
		d.Sender = senderName(c.sender)
	}
	if r != nil {
		s := r.Stats(c.handler)
		d.Calls, d.Errors, d.Panics, d.Max = s.Count, s.Errors, s.Panics, s.Max
		if s.Count > 0 {
			d.Mean = s.Sum / time.Duration(s.Count)
		}
	}
	return d
}

// named is a sender as it calls itself, or else as a program writes it.
func named(sender any) (name string) {
	defer func() {
		if recover() != nil { // a String method may
			name = quote(sender)
		}
	}()
	if s, ok := sender.(fmt.Stringer); ok {
		return s.String()
	}
	return quote(sender)
}

// options are how the receiver was connected, as it is written.
func (c *Connection) options() (out []string) {
	add := func(is bool, text string) {
		if is {
			out = append(out, text)
		}
	}
	add(c.uid != "", "UID")
	if c.sender != nil {
		out = append(out, "From("+named(c.sender)+")")
	}
	add(c.first, "First()")
	add(c.once, "Once()")
	add(c.alone, "Alone()")
	add(c.queued, "Queued()")
	add(c.until != nil, "Until(ctx)")
	for _, name := range c.Conditions() {
		if !strings.Contains(name, "(") {
			name = "When(" + name + ")"
		}
		out = append(out, name)
	}
	if len(c.policies) > 0 {
		out = append(out, fmt.Sprintf("OnError(%s)", strings.Join(c.Policies(), ", ")))
	}
	return out
}
