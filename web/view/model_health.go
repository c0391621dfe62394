package view

import "time"

// Health is the toolbar's view of itself. It has a card on the overview and a page.
type Health struct {
	Status Status // StatusOK is healthy

	OwnCPU    float64       // share of one core, 0 to 1; negative is not known
	PerRecord time.Duration // own cost of one Record; 0 not known

	Dropped      int64 // Records lost, all reasons
	DroppedBy    []Reason
	SpansOverCap int64

	QueueLen, QueueCap     int64
	QueueBytes, QueueLimit int64

	StorePath       string
	StoreBytes      int64
	StoreLimit      int64 // 0: none
	StoreRecords    int64
	KeepFor         time.Duration // ordinary Records; 0: no limit by age
	KeepProblemsFor time.Duration // slow and failed ones; 0: as the others
	KeepRecords     int64         // 0: no limit by count
	OldestRecord    time.Time
	LastWrite       time.Time
	LastError       string // of the writer, "" if none
	LastErrorAt     time.Time

	LoopbackOnly bool
	Access       string // who may look, in words; "" uses LoopbackOnly

	Recording *Recording // nil: it cannot be switched from here

	Collectors []Collector
	Notifier   *Notifier // nil: nobody is notified of alerts
	Exposure   []Check   // who is let in and who is not
	Limits     []Attr    // what bounds recording
	Masking    []Attr    // what is hidden before anything is kept

	Processes []Process
	Checks    []Check
	Audits    []Audit // newest first
	ReadOnly  bool    // nobody may change anything here
	Settings  []AttrGroup
	Machine   []Attr // processors, memory, disk; empty where it is not known
}

// Recording is whether the process that draws this page records.
type Recording struct {
	Paused bool
	Form   *Form // where it is switched; nil: the viewer may not
}

// Collector is one kind of thing that is recorded, and what it brought in an hour.
type Collector struct {
	Kind     Kind
	Handlers int64
	Calls    int64
	Errors   int64
	Brings   string    // the line of code that brings it, where nothing has come
	Last     time.Time // when the last came that is kept, where none came in this time; zero not known
}

// Notifier is how those were told who are notified of alerts. Zero times are never.
type Notifier struct {
	Sent, Failed       int64
	Dropped            int64 // because there were too many
	Quieted            int64 // that began again in the quiet time
	Waiting            int64
	LastSent, LastLook time.Time
	LastError          string // "" none
	LastErrorAt        time.Time
}

// badge is the verdict on it.
func (n Notifier) badge() Badge {
	switch {
	case n.LastErrorAt.After(n.LastSent):
		return Badge{StatusBad, "the last one failed"}
	case n.Dropped > 0:
		return Badge{StatusSlow, "some were dropped"}
	}
	return Badge{StatusOK, "works"}
}

// Reason is a count with its cause.
type Reason struct {
	Name  string
	Count int64
}

// Process is one program that writes to this store.
type Process struct {
	Name    string
	PID     int
	Host    string
	Build   string
	Started time.Time
	Current bool // it draws this page
}
