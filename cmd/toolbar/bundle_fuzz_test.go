package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// FuzzBundle: whatever is opened as a bundle, one file in a folder of its own comes out or an error, and both go again.
func FuzzBundle(f *testing.F) {
	for _, names := range [][]string{{bundleName}, {"../../" + bundleName}, {bundleName, bundleName}, {}} {
		var buf bytes.Buffer
		z := zip.NewWriter(&buf)
		for _, name := range names {
			w, err := z.Create(name)
			if err != nil {
				f.Fatal(err)
			}
			_, _ = w.Write([]byte("SQLite format 3\x00"))
		}
		if err := z.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(buf.Bytes())
	}
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "bundle.zip")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		unpacked, remove, err := unpackStore(path)
		if err != nil {
			if unpacked != "" && remove != nil {
				if _, err := os.Stat(unpacked); err == nil {
					t.Fatalf("%s stays behind", unpacked)
				}
			}
			return
		}
		defer remove()
		if names, err := filepath.Glob(filepath.Join(filepath.Dir(unpacked), "*")); err != nil || len(names) != 1 || names[0] != unpacked {
			t.Fatalf("unpacked are %v, %v", names, err)
		}
		remove()
		if _, err := os.Stat(filepath.Dir(unpacked)); !os.IsNotExist(err) {
			t.Fatalf("%s stays: %v", filepath.Dir(unpacked), err)
		}
	})
}
