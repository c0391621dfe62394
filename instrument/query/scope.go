package query

import (
	"fmt"
	"slices"
	"time"
)

// Scope chooses processes among those that wrote to a store. The zero Scope is all.
type Scope struct {
	Service string // exactly; "" is any
	Process int64  // Process.ID; 0 is any
}

// All tells whether nothing is chosen.
func (s Scope) All() bool { return s == Scope{} }

// Of are the processes that are chosen, in the order of the list.
func (s Scope) Of(list []Process) (of []Process) {
	for _, p := range list {
		if (s.Service == "" || p.Service == s.Service) && (s.Process == 0 || p.ID == s.Process) {
			of = append(of, p)
		}
	}
	return of
}

// Part is what processes have brought to a store. A nil *Part is the whole.
//
// Statistics are kept by the hour after a day, and an hour has those of all processes of a
// build and service together. So they are right for a service whatever their age, but for
// one process only as far back as they are kept by the minute: what came before is left
// out, and Since says so.
type Part struct {
	// Processes are those that it is of, by Process.ID; none: nothing is in it.
	Processes []int64
	// Since is from when statistics are in it, on the hour; zero is from the beginning.
	Since time.Time
}

// Part makes the Part that is chosen, of the processes that there are. Minutes is from
// when the store keeps statistics by the minute; zero: it keeps no others. The error says
// what is not there, or not any more.
func (s Scope) Part(list []Process, minutes time.Time) (*Part, error) {
	if s.All() {
		return nil, nil
	}
	of := s.Of(list)
	switch {
	case len(of) == 0 && s.Process != 0 && s.Service != "":
		return nil, fmt.Errorf("no process %d of the service %q has written to this store, or it is forgotten: %w", s.Process, s.Service, ErrNotFound)
	case len(of) == 0 && s.Process != 0:
		return nil, fmt.Errorf("no process %d has written to this store, or it is forgotten: %w", s.Process, ErrNotFound)
	case len(of) == 0:
		return nil, fmt.Errorf("no process of a service %q has written to this store, or all are forgotten: %w", s.Service, ErrNotFound)
	}
	p := &Part{}
	for i := range of {
		p.Processes = append(p.Processes, of[i].ID)
	}
	slices.Sort(p.Processes)
	if s.Process != 0 && of[0].Started.Before(minutes) {
		p.Since = minutes
	}
	return p, nil
}

// Has tells whether what a process did is in it.
func (p *Part) Has(process int64) bool {
	if p == nil {
		return true
	}
	_, found := slices.BinarySearch(p.Processes, process)
	return found
}

// Handlers narrows a question to the Part; false: nothing can be the answer.
func (p *Part) Handlers(q Handlers) (Handlers, bool) {
	if p == nil {
		return q, true
	}
	var any bool
	if q.Processes, any = p.narrow(q.Processes); !any {
		return q, false
	}
	if q.Since.Before(p.Since) {
		q.Since = p.Since
	}
	return q, q.Until.IsZero() || q.Since.Before(q.Until)
}

// Records narrows a question to the Part; false: nothing can be the answer.
func (p *Part) Records(q Records) (Records, bool) {
	if p == nil {
		return q, true
	}
	var any bool
	q.Processes, any = p.narrow(q.Processes)
	return q, any
}

// narrow are those of processes that are in the Part; none given are all.
func (p *Part) narrow(processes []int64) ([]int64, bool) {
	if len(processes) == 0 {
		return p.Processes, len(p.Processes) > 0
	}
	var both []int64
	for _, id := range processes {
		if p.Has(id) {
			both = append(both, id)
		}
	}
	return both, len(both) > 0
}
