package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// defaultDB is where an app keeps its store unless it is configured otherwise.
const defaultDB = ".toolbar/toolbar.db"

// addDB adds the flag that all commands share.
func addDB(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "db", defaultDB, "store of the app to read: a `file`, or the address of a running app's dashboard")
}

// withStore opens the file for reading, runs fn and closes the file again. The path may be
// the address of a running app's dashboard: then fn reads a copy of the app's store.
func withStore(ctx context.Context, path string, fn func(*store.Store) error) (err error) {
	if isAddress(path) {
		copied, remove, err := fetchStore(ctx, path)
		if err != nil {
			return err
		}
		defer remove()
		return withStore(ctx, copied, fn)
	}
	db, err := sqlitefile.Open(path, sqlitefile.Options{ReadOnly: true})
	if errors.Is(err, fs.ErrNotExist) {
		return failed(fmt.Errorf("there is no store at %s: run the app with its toolbar first, or name its file with --db", path))
	}
	if err != nil {
		return failed(err)
	}
	defer func() {
		if closed := db.Close(); closed != nil && err == nil {
			err = failed(fmt.Errorf("close %s: %w", path, closed))
		}
	}()
	s, err := store.Open(ctx, db, store.Options{ReadOnly: true})
	if err != nil {
		return failed(fmt.Errorf("open %s: %w", path, err))
	}
	defer s.Close() // a store that only reads has nothing to lose
	return fn(s)
}
