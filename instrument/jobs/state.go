package jobs

import (
	"encoding/json"
	"fmt"
	"slices"
)

// State is where a job is on its way.
type State uint8

// The states, from the first to the last.
const (
	Pending   State = iota + 1 // parked: nothing runs it until somebody moves it on
	Scheduled                  // its time has not come
	Available                  // a free worker may take it
	Running                    // a worker has it
	Retryable                  // it failed and waits for its next attempt
	Completed                  // it is done
	Cancelled                  // somebody called it off, or it said itself that trying again is no use
	Discarded                  // it failed and has no attempts left
)

var stateNames = [...]string{"", "pending", "scheduled", "available", "running", "retryable", "completed", "cancelled", "discarded"}

// States are all states in order.
func States() []State {
	return []State{Pending, Scheduled, Available, Running, Retryable, Completed, Cancelled, Discarded}
}

// String is the state's name in lower case; "" for the zero State.
func (s State) String() string {
	if int(s) >= len(stateNames) {
		return fmt.Sprintf("state %d", uint8(s))
	}
	return stateNames[s]
}

// Final says that nothing more happens to the job unless somebody retries it.
func (s State) Final() bool { return s >= Completed }

// ParseState reads a state's name.
func ParseState(name string) (State, error) {
	i := slices.Index(stateNames[:], name)
	if i < 1 {
		return 0, fmt.Errorf("jobs: there is no state %q: the states are %v", name, States())
	}
	return State(i), nil
}

// MarshalText gives the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's name.
func (s *State) UnmarshalText(text []byte) (err error) {
	*s, err = ParseState(string(text))
	return err
}

// Counts is a number of jobs for each state.
type Counts [len(stateNames)]int64

// Of is the number of jobs in these states; of no state given, in all.
func (c Counts) Of(states ...State) (n int64) {
	if len(states) == 0 {
		states = States()
	}
	for _, s := range states {
		if int(s) < len(c) {
			n += c[s]
		}
	}
	return n
}

// MarshalJSON gives an object by the states' names, without those that are 0.
func (c Counts) MarshalJSON() ([]byte, error) {
	by := map[string]int64{}
	for _, s := range States() {
		if c[s] != 0 {
			by[s.String()] = c[s]
		}
	}
	return json.Marshal(by)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Counts) UnmarshalJSON(text []byte) error {
	var by map[State]int64
	if err := json.Unmarshal(text, &by); err != nil {
		return err
	}
	*c = Counts{}
	for s, n := range by {
		c[s] = n
	}
	return nil
}
