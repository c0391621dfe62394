//go:build unix && !aix && !solaris

package instrument

import "syscall"

// processCPU is the time that the process's threads have run, in nanoseconds.
func processCPU() int64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return r.Utime.Nano() + r.Stime.Nano()
}
