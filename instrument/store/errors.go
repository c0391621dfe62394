package store

import (
	"errors"
	"fmt"
)

var (
	// ErrForeign says that a file belongs to another program. It is left as it is.
	ErrForeign = errors.New("the file is not a toolbar store: choose another path")
	// ErrNewer says that a newer version of the toolbar wrote the file. It is left
	// as it is.
	ErrNewer = errors.New("the store was written by a newer version of the toolbar: update this program, or choose another path")
	// ErrFileGone says that the database file was deleted, renamed or replaced while
	// it was open, and that there is no other in its place that can be written to.
	ErrFileGone = errors.New("the database file was deleted or replaced")
	// ErrReadOnly says that a store opened with Options.ReadOnly was asked to write.
	ErrReadOnly = errors.New("the store is open for reading only")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("the store is closed")
)

// ApplicationID marks a database as ours: PRAGMA application_id, "TBar".
const ApplicationID = 0x54426172

// CheckIdentity tells from PRAGMA application_id and user_version whether a
// database may be used: the error is [ErrForeign], [ErrNewer] or nil.
func CheckIdentity(applicationID, userVersion int64) error {
	switch {
	case applicationID != ApplicationID:
		return fmt.Errorf("%w: its application id is %#x, expected %#x", ErrForeign, uint32(applicationID), ApplicationID)
	case userVersion < 0 || userVersion > SchemaVersion:
		return fmt.Errorf("%w: it has schema version %d, this program knows versions up to %d", ErrNewer, userVersion, SchemaVersion)
	}
	return nil
}
