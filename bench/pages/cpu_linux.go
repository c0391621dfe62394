package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is what the process has spent in user and kernel.
func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic("pages: read the clock of CPU time: " + err.Error()) // Linux has it
	}
	return time.Duration(t.Nano())
}
