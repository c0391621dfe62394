package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is what the calling thread, or the process, has spent in user and kernel.
// It is exact, whereas getrusage may know of a running thread only what it had used
// at the last tick.
func cpuTime(process bool) time.Duration {
	clock := int32(unix.CLOCK_THREAD_CPUTIME_ID)
	if process {
		clock = unix.CLOCK_PROCESS_CPUTIME_ID
	}
	var t unix.Timespec
	if err := unix.ClockGettime(clock, &t); err != nil {
		panic("bench: read the clock of CPU time: " + err.Error()) // Linux has both
	}
	return time.Duration(t.Nano())
}
