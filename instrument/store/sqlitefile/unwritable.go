package sqlitefile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"modernc.org/sqlite"
)

// errStranger says that a file is another user's.
var errStranger = errors.New("it belongs to another user")

// Codes of SQLite that say that nothing can be written.
const (
	codeReadOnly = 8
	codeFull     = 13
	codeCantOpen = 14
)

// Unwritable tells whether an error of [Open], or of what was done with the file, says
// that it cannot be written: that this user may not, that the file system is mounted
// read-only, that the disk is full. It may still be read, with Options.ReadOnly.
func Unwritable(err error) bool {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, errStranger) {
		return true
	}
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	code := failure.Code() & 0xff
	return code == codeReadOnly || code == codeFull || code == codeCantOpen
}

// isFrozen tells whether a file that could not be opened for reading can be read as it
// is: SQLite wants to make a -shm beside it and may not, and there is no -wal, which
// would hold what the file itself lacks.
func isFrozen(path string, err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	if code := failure.Code() & 0xff; code != codeReadOnly && code != codeCantOpen {
		return false
	}
	info, err := os.Lstat(path + "-wal")
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}
