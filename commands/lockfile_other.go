//go:build !unix || aix || solaris

package commands

import (
	"errors"
	"os"
)

var errLocked = errors.New("locked")

// openLocked makes a file; errLocked when it is there.
func openLocked(file string) (*os.File, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, errLocked
	}
	return f, err
}

// releaseLock removes the file.
func releaseLock(f *os.File) error {
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
