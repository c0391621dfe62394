//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sqlitefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// refuseStranger refuses a file that belongs to another user; root may use any.
func refuseStranger(info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if me := os.Geteuid(); ok && me != 0 && int(st.Uid) != me {
		return fmt.Errorf("%w, %d, and this process runs as %d: choose another file", errStranger, st.Uid, me)
	}
	return nil
}

// lockFolder waits until no other process makes a database in the folder.
func lockFolder(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		// A file system without locks: the last of several makers wins, and the
		// others notice that their file is gone.
		return func() { f.Close() }, nil
	}
}
