package signals

// Mode is how a signal is sent.
type Mode uint8

// The modes, by the method of [Signal] that sends so.
const (
	Sequential       Mode = iota // Send
	Robust                       // SendRobust
	Concurrent                   // SendConcurrent
	RobustConcurrent             // SendRobustConcurrent
)

// String is the mode as traces show it.
func (m Mode) String() string {
	return [...]string{"sequential", "robust", "concurrent", "robust concurrent"}[m&3]
}

func (m Mode) robust() bool     { return m == Robust || m == RobustConcurrent }
func (m Mode) concurrent() bool { return m >= Concurrent }
