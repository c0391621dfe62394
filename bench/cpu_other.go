//go:build !linux

package main

import "time"

var begun = time.Now()

// cpuTime is wall time where the CPU time of a thread cannot be had: measure on an
// idle machine there.
func cpuTime(bool) time.Duration { return time.Since(begun) }
