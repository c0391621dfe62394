//go:build unix && !aix && !solaris

package commands

import (
	"errors"
	"os"
	"syscall"
)

var errLocked = errors.New("locked")

// openLocked opens a file and locks it; errLocked when somebody else has.
func openLocked(file string) (*os.File, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if err == syscall.EWOULDBLOCK {
		return nil, errLocked
	}
	return nil, &os.PathError{Op: "flock", Path: file, Err: err}
}

// releaseLock closes the file and thereby unlocks it. The file stays: whoever has
// opened it meanwhile would lock one that is gone.
func releaseLock(f *os.File) error {
	_ = f.Truncate(0)
	// Said outright: a child that is being started has a copy of the file until it
	// becomes another program, and closing ours would leave the lock with it.
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}
