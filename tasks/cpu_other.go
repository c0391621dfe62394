//go:build !unix

package tasks

import "time"

// cpuTime is the processor time that this process has used; 0: unknown.
func cpuTime() time.Duration { return 0 }
