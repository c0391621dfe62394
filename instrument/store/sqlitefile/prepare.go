package sqlitefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// prepare makes sure that there is a file of ours at the path, or says why not.
func (c *connector) prepare() error {
	err := inspect(c.path, c.readOnly)
	switch {
	case err == nil:
		return nil
	case c.readOnly || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := create(c.path); err != nil {
		return err
	}
	return inspect(c.path, false)
}

// inspect looks at the files without SQLite, which would begin by changing them.
// An empty file counts as missing.
func inspect(path string, readOnly bool) error {
	for _, name := range companions(path) {
		if err := refuseLink(name); err != nil {
			return err
		}
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("it is a %s, not a file: give the file's own name", kindOf(info.Mode()))
	}
	if !readOnly {
		if err := refuseStranger(info); err != nil {
			return err
		}
	}
	if info.Size() == 0 {
		return fs.ErrNotExist
	}
	return inspectHeader(path)
}

// companions are the files that SQLite opens beside the database.
func companions(path string) []string {
	return []string{path + "-wal", path + "-shm", path + "-journal"}
}

func refuseLink(path string) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is a %s, not a file: remove it", path, kindOf(info.Mode()))
	}
	return nil
}

func kindOf(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "symbolic link"
	case m.IsDir():
		return "folder"
	}
	return "special file"
}

// Places in the header of a database file, from SQLite's file format.
const (
	headerSize      = 100
	headerMagic     = "SQLite format 3\x00"
	versionAt       = 60
	applicationIDAt = 68
)

// inspectHeader tells whose file it is. The header of ours says so from the
// moment at which the file has its name.
func inspectHeader(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var h [headerSize]byte
	if _, err := io.ReadFull(f, h[:]); err != nil || string(h[:len(headerMagic)]) != headerMagic {
		return fmt.Errorf("%w: it is not a SQLite database", store.ErrForeign)
	}
	return store.CheckIdentity(
		int64(int32(binary.BigEndian.Uint32(h[applicationIDAt:]))),
		int64(int32(binary.BigEndian.Uint32(h[versionAt:]))))
}
