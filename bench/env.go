package main

import (
	"fmt"
	"os"
)

// env is what the sides of one case live in.
type env struct {
	closers []func() error
}

// atEnd has f called when the case has been measured, last in, first out.
func (e *env) atEnd(f func() error) { e.closers = append(e.closers, f) }

func (e *env) tempDir() (string, error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	e.atEnd(func() error { return os.RemoveAll(dir) })
	return dir, nil
}

// close gives the first error, after everything was closed.
func (e *env) close() (err error) {
	for i := len(e.closers) - 1; i >= 0; i-- {
		if cerr := e.closers[i](); err == nil {
			err = cerr
		}
	}
	e.closers = nil
	return err
}
