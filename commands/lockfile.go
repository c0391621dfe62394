package commands

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// FileLocks gives locks that hold on this host: a file beside path for every name,
// "shop.db" having "shop.db.cleanup.lock". The directory must exist, and not be on a
// network. The files stay; what counts is the system's lock on them, which ends with
// the process however that ends. Where the system has none (not unix), a file that is
// there is the lock, and one that a killed process left must be removed by hand.
func FileLocks(path string) Locker { return fileLocks(path) }

type fileLocks string

// Lock takes the lock of a name.
func (l fileLocks) Lock(_ context.Context, name string) (func() error, error) {
	file := string(l) + "." + fileName(name) + ".lock"
	f, err := openLocked(file)
	if err == errLocked {
		return nil, &LockedError{Name: name, Holder: holder(file)}
	}
	if err != nil {
		return nil, err
	}
	_ = f.Truncate(0)
	_, _ = fmt.Fprintf(f, "process %d since %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	return func() error { return releaseLock(f) }, nil
}

// holder is what the lock's file says; "" when that cannot be read. Others may have
// written there, so only letters that can be shown come back.
func holder(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, 100)
	n, _ := f.Read(b)
	line, _, _ := strings.Cut(string(b[:n]), "\n")
	return printable(line)
}

// fileName makes a name part of a file's name.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == filepath.Separator || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
}
