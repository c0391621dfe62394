//go:build !linux

package collect

import "time"

// measure runs fn and says how long it took. Where the system does not tell a
// thread's processor time, the wall clock stands for it.
func measure(fn func()) (wall, cpu time.Duration) {
	start := time.Now()
	fn()
	wall = time.Since(start)
	return wall, wall
}
