package collect

import (
	"runtime"
	"syscall"
	"time"
)

// rusageThread asks for the calling thread only; package syscall has no name for it.
const rusageThread = 1

// measure runs fn and says how long it took and how much processor time the
// calling goroutine used meanwhile, which it keeps to one thread for that.
func measure(fn func()) (wall, cpu time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, used := time.Now(), threadTime()
	fn()
	return time.Since(start), threadTime() - used
}

func threadTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(rusageThread, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
