// Package host reads how the machine and the process are doing: processors, memory, the
// disk that the store is on, open files. It is asked when somebody looks, never while a
// request runs, and starts nothing.
package host

import (
	"runtime"
	"time"
)

// State is a reading. What a system does not tell is below zero; only Linux tells all.
type State struct {
	CPUs   int        // processors that the process may use at once
	Load   [3]float64 // processes that run or wait, the average of 1, 5 and 15 minutes
	Uptime time.Duration

	Memory, MemoryFree int64 // bytes of the machine; free is what can be had without swapping
	Swap, SwapFree     int64 // bytes

	Disk, DiskFree int64 // bytes of the file system of the directory that Read was given

	Resident         int64 // bytes of memory that the process holds
	Files, FileLimit int64 // open ones of the process
	Threads          int64
	Goroutines       int64
}

// unknown has nothing read.
func unknown() State {
	return State{
		CPUs: runtime.GOMAXPROCS(0), Goroutines: int64(runtime.NumGoroutine()), Load: [3]float64{-1, -1, -1}, Uptime: -1, Memory: -1, MemoryFree: -1,
		Swap: -1, SwapFree: -1, Disk: -1, DiskFree: -1, Resident: -1, Files: -1, FileLimit: -1, Threads: -1,
	}
}
