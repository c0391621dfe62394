// Package tmpfs gives a test a small file system of its own, to fill it, to make it
// read-only or to take it away. That needs root on Linux; elsewhere the test is skipped,
// by name, unless CI=true.
package tmpfs

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Dir is a small file system.
type Dir string

// New mounts a file system of so many bytes until the end of the test.
func New(t testing.TB, size int) Dir {
	t.Helper()
	dir := Dir(t.TempDir())
	if err := dir.mount(size); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("mount a small file system: %v", err)
		}
		t.Skipf("needs root on Linux to mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := dir.unmount(); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return dir
}

// Join is a path in it.
func (d Dir) Join(name ...string) string {
	return filepath.Join(append([]string{string(d)}, name...)...)
}

// ReadOnly takes the right to write away from everybody, or gives it back.
func (d Dir) ReadOnly(t testing.TB, on bool) {
	t.Helper()
	if err := d.remount(on); err != nil {
		t.Fatal(err)
	}
}

// Fill writes until there is no room; free makes room again.
func (d Dir) Fill(t testing.TB) (free func()) {
	t.Helper()
	name := d.Join("filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for {
			if _, err = f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
	if errors.Is(err, io.ErrShortWrite) || err == nil {
		t.Fatalf("fill: %v", err)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Error(err)
		}
	}
}
