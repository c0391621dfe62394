package sqlitefile

import "syscall"

// fileSystemOf is the number of the file system that a file is on. It is a variable for
// tests, which have no network.
var fileSystemOf = func(path string) (kind uint32, ok bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, false
	}
	return uint32(s.Type), true
}
