//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// withoutFiles uses the store in a process that has no file descriptor left.
func withoutFiles(f *fixture) error {
	ctx := context.Background()
	add := func(n int) (instrument.ID, error) {
		it := made{at: noon, n: n}.item()
		return it.Summary.ID, f.Append(ctx, &instrument.Batch{Items: []instrument.Item{it}})
	}
	limit := syscall.Rlimit{Cur: 64, Max: 64}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	var held []*os.File
	for {
		file, err := os.Open(os.DevNull)
		if errors.Is(err, syscall.EMFILE) {
			break
		}
		if err != nil {
			return err
		}
		held = append(held, file)
	}
	id, err := add(1)
	if err != nil {
		return fmt.Errorf("append: %w", err)
	}
	if rec, err := f.Record(ctx, id); err != nil || rec.Handler.Name != "GET /made" {
		return fmt.Errorf("read %+v: %w", rec, err)
	}
	// A second reader needs a connection of its own, which there cannot be.
	conn, err := f.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("the open connection: %w", err)
	}
	if _, err := f.Records(ctx, query.Records{}); err == nil {
		return errors.New("a new connection was made: the test does not test what it should")
	}
	if err := conn.Close(); err != nil {
		return err
	}
	if _, err := f.Records(ctx, query.Records{}); err != nil {
		return fmt.Errorf("after it: %w", err)
	}
	for _, file := range held {
		file.Close()
	}
	if _, err := add(2); err != nil {
		return fmt.Errorf("append with descriptors again: %w", err)
	}
	fmt.Println("went on")
	return nil
}
