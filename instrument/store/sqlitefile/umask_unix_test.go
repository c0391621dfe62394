//go:build unix

package sqlitefile_test

import "syscall"

// All tests run as on the most careless of systems.
func init() { syscall.Umask(0) }
