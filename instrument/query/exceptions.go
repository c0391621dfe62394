package query

import (
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
)

// ExceptionState is what people have said of an exception.
type ExceptionState uint8

// The states. A resolved exception that comes again is unresolved again; an ignored one
// stays ignored and is counted.
const (
	Unresolved ExceptionState = iota
	Resolved
	Ignored
)

var exceptionStates = [...]string{"unresolved", "resolved", "ignored"}

// String is the state as it stands in addresses: "unresolved".
func (s ExceptionState) String() string {
	if int(s) < len(exceptionStates) {
		return exceptionStates[s]
	}
	return fmt.Sprintf("state%d", uint8(s))
}

// ParseExceptionState reads what String wrote.
func ParseExceptionState(text string) (ExceptionState, error) {
	for s, name := range exceptionStates {
		if name == text {
			return ExceptionState(s), nil
		}
	}
	return 0, fmt.Errorf("an exception is not %q: it is unresolved, resolved or ignored", text)
}

// ExceptionSort is the order of a list of exceptions, the greatest first.
type ExceptionSort uint8

// The orders of exceptions.
const (
	LastSeen ExceptionSort = iota
	FirstSeen
	MostOften
	MostUsers
)

// Exceptions chooses exceptions. The zero value gives the fifty seen last, in every
// state.
type Exceptions struct {
	States   []ExceptionState // empty is all
	Reopened bool             // those alone that came again after they had been resolved, and are unresolved
	New      time.Time        // those alone that were seen first then or later, and not resolved or ignored; zero is any
	Panics   bool             // panics alone
	Reported bool             // those that the app reported, alone
	Kind     instrument.Kind  // of the handler that it came up in; 0 is any
	Handler  string           // the handler's name, exactly; "" is any
	Service  string           // those alone that came in it, which are then counted as often as they did; "" is any
	Text     string           // what type, message, handler or place contain, whatever the case
	Since    time.Time        // seen then or later; zero is open
	Until    time.Time        // seen first before; zero is open

	Sort  ExceptionSort
	After ExceptionCursor // ExceptionPage.Next of the page before; zero is the first page
	Limit int             // 0: 50; at most 1000

	// Trend is how many equal steps from Since to now each exception's Trend has. 0: none.
	Trend int
}

// ExceptionCursor is a place in an ordered list of exceptions.
type ExceptionCursor struct {
	Value int64 // what the list is sorted by
	ID    exceptions.Fingerprint
}

// Exception is what is known of exceptions that are alike. It outlives their Records.
type Exception struct {
	ID       exceptions.Fingerprint
	Type     string
	Message  string // of the latest
	Panic    bool
	Reported bool
	Uncaught bool                   // at least once
	Handler  instrument.HandlerInfo // that the latest came up in; its Source may be unknown
	Source   instrument.Source      // the innermost place in the app's own code

	Count      uint64
	First      time.Time
	Last       time.Time
	FirstBuild string // revision; "" unknown; with "+" when there were changes that had not been committed
	LastBuild  string
	Users      int // at most MaxAffected
	Handlers   int // kinds of Records that it was in; at most MaxAffected
	Sample     instrument.ID

	State     ExceptionState
	StateAt   time.Time // zero: nobody has said anything
	StateBy   string
	NextBuild bool      // resolved in the builds that come after StateAt
	Reopened  time.Time // when it came again after it had been resolved; zero: it did not
	// ReopenedIn is the build in which it came again.
	ReopenedIn string

	Trend []uint64 // how often in each step, if Exceptions.Trend asks for it
}

// MaxAffected is how many users and handlers are told apart for an exception.
const MaxAffected = 200

// ExceptionPage is a part of a list of exceptions.
type ExceptionPage struct {
	Exceptions []Exception
	Next       ExceptionCursor
	More       bool
	Total      int64 // that the list has on all pages
	// Unknown is how many more would be in the list of a service if it were known where they
	// came: they were counted before exceptions were counted by service.
	Unknown int64
}

// ExceptionDetail is all that is known of one.
type ExceptionDetail struct {
	Exception
	Causes    []exceptions.Cause // of a recent one
	Stack     []exceptions.Frame // of a recent one
	Main      string             // path of the main package that the stack is of
	Build     string             // of the stack, like LastBuild
	Affected  []Affected         // those it came to most often first
	Hours     []ExceptionHour    // in the order of time, without empty ones
	Builds    []ExceptionBuild   // the one that it was seen in last first, MaxExceptionBuilds at most
	Services  []ExceptionService // the one that it came in most often first, MaxExceptionBuilds at most
	Records   []instrument.ID    // those that are kept, the latest first, 100 at most
	PlaceOnly bool               // it stands for all messages at its place, of which there were too many
}

// Affected is a user or a kind of Record that an exception came to.
type Affected struct {
	Handler instrument.HandlerInfo // its Kind is 0 for a user
	User    string
	Count   uint64
	Last    time.Time
}

// ExceptionHour is how often an exception came in an hour; after 30 days in a day.
type ExceptionHour struct {
	Start time.Time
	Count uint64
}

// ExceptionBuild is how often an exception came in a build.
type ExceptionBuild struct {
	Name  string // revision, with "+" when there were changes that had not been committed; "" unknown
	Count uint64
	Last  time.Time
}

// ExceptionService is how often an exception came in a service.
type ExceptionService struct {
	Name  string
	Count uint64
	Last  time.Time
}

// MaxExceptionBuilds is how many builds, and how many services, are told apart for an
// exception; of more, those that it was seen in last.
const MaxExceptionBuilds = 50

// ExceptionChange is what a person says of exceptions.
type ExceptionChange struct {
	To ExceptionState
	// NextBuild, with Resolved: it is still there in the builds that run now, and only when
	// it comes in a later one is it unresolved again. Where builds cannot be told apart,
	// because of changes that are not committed, a later start counts as another build.
	NextBuild bool
	By        string // who says so; "" unknown
}
