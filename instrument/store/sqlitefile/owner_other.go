//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package sqlitefile

import "io/fs"

// refuseStranger has nothing to go by where files have no numeric owner.
func refuseStranger(fs.FileInfo) error { return nil }

// lockFolder does not lock where the standard library cannot.
func lockFolder(string) (unlock func(), err error) { return func() {}, nil }
