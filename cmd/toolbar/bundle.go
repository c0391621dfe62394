package main

import (
	"archive/zip"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// A bundle is a zip with a store of a few Records in it: for a colleague, who opens it
// with "toolbar serve".
const (
	bundleName = "toolbar.db"
	// maxBundle bounds a store that is unpacked, and maxRatio how much larger than the
	// zip it may be: a zip comes from outside.
	maxBundle = 64 << 20
	maxRatio  = 100
)

// writeBundle copies a store, keeps the given Records and their statistics' names in the
// copy, and packs it.
func writeBundle(ctx context.Context, path string, ids []instrument.ID, out io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "toolbar-export-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	copied := filepath.Join(folder, bundleName)
	if err := copyStore(ctx, path, copied); err != nil {
		return fmt.Errorf("copy %s: %w", path, err)
	}
	if err := keepOnly(ctx, copied, ids); err != nil {
		return fmt.Errorf("reduce the copy of %s: %w", path, err)
	}
	return pack(copied, out)
}

// copyStore copies a store that may be in use.
func copyStore(ctx context.Context, from, to string) error {
	return withStore(ctx, from, func(s *store.Store) error { return s.Snapshot(ctx, to) })
}

// keepOnly removes all Records but some, and gives the room back.
func keepOnly(ctx context.Context, path string, ids []instrument.ID) error {
	db, err := sqlitefile.Open(path, sqlitefile.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := store.Open(ctx, db, store.Options{Service: "toolbar export", MaxBytes: 1 << 62})
	if err != nil {
		return err
	}
	if err := s.KeepOnly(ctx, ids); err != nil {
		return errors.Join(err, s.Close())
	}
	if err := s.Close(); err != nil {
		return err
	}
	return finish(ctx, db)
}

// finish leaves one file, without a -wal beside it.
func finish(ctx context.Context, db *sql.DB) error {
	for _, text := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func pack(path string, out io.Writer) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	z := zip.NewWriter(out)
	w, err := z.Create(bundleName)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, in); err != nil {
		return err
	}
	return z.Close()
}

// unpackStore takes the store out of a bundle into a folder of its own, which remove
// takes away.
func unpackStore(path string) (unpacked string, remove func(), err error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return "", nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer z.Close()
	var entry *zip.File
	for _, f := range z.File {
		if f.Name == bundleName {
			entry = f
		}
	}
	if entry == nil || len(z.File) != 1 {
		return "", nil, fmt.Errorf("%s is no bundle: 'toolbar export --format zip' makes them", path)
	}
	if entry.UncompressedSize64 > maxBundle || entry.UncompressedSize64 > maxRatio*max(entry.CompressedSize64, 1) {
		return "", nil, fmt.Errorf("%s would have %d bytes unpacked: more than %d, or than %d times its size, are not unpacked", path, entry.UncompressedSize64, int64(maxBundle), maxRatio)
	}
	folder, err := os.MkdirTemp("", "toolbar-serve-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(folder) }
	unpacked = filepath.Join(folder, strings.TrimSuffix(filepath.Base(path), ".zip")+".db")
	if err := unpack(entry, unpacked); err != nil {
		remove()
		return "", nil, fmt.Errorf("unpack %s: %w", path, err)
	}
	return unpacked, remove, nil
}

func unpack(entry *zip.File, to string) (err error) {
	in, err := entry.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	n, err := io.Copy(out, io.LimitReader(in, maxBundle+1)) // the size in the zip may be a lie
	if err == nil && n > maxBundle {
		err = fmt.Errorf("it has more than %d bytes", int64(maxBundle))
	}
	return err
}
