//go:build unix && !aix && !solaris

package commands

import (
	"runtime"
	"syscall"
	"time"
)

func readUsage() usage {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return usage{}
	}
	peak := int64(r.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" { // elsewhere it is kilobytes
		peak <<= 10
	}
	return usage{time.Duration(r.Utime.Nano() + r.Stime.Nano()), peak}
}
