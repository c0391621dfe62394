package sqlitefile

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestF31_NetworkFileSystemsAreTold(t *testing.T) {
	real := fileSystemOf
	defer func() { fileSystemOf = real }()
	for kind, want := range map[uint32]string{
		0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB 2", 0x01021997: "9P", 0x65735546: "FUSE",
		0xef53: "", 0x58465342: "", 0x9123683e: "", 0x01021994: "", 0x794c7630: "", 0x2fc12fc1: "", // ext4, xfs, btrfs, tmpfs, overlay, zfs
	} {
		fileSystemOf = func(path string) (uint32, bool) { return kind, path == "/srv" }
		if got := NetworkOf("/srv/not/there/yet.db"); got != want {
			t.Errorf("%#x is %q, expected %q", kind, got, want)
		}
	}
	fileSystemOf = func(string) (uint32, bool) { return 0, false }
	if got := NetworkOf("x"); got != "" {
		t.Errorf("an unknown one is %q", got)
	}
	if got := NetworkOf(Memory); got != "" {
		t.Errorf("memory is %q", got)
	}
}

func TestF31_OnANetworkTheFileHasNoWAL(t *testing.T) {
	real := fileSystemOf
	defer func() { fileSystemOf = real }()
	fileSystemOf = func(string) (uint32, bool) { return 0x6969, true }
	path := filepath.Join(t.TempDir(), "toolbar.db")
	ctx := context.Background()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			db, err := Open(path, Options{BusyTimeout: time.Minute}) // they wait for each other's fsyncs
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			for range 20 {
				for _, text := range []string{"CREATE TABLE IF NOT EXISTS x (y)", "INSERT INTO x VALUES (1)"} {
					tx, err := db.BeginTx(ctx, nil)
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := tx.Exec(text); err != nil {
						t.Error(err)
					}
					if err := tx.Commit(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	for _, o := range []Options{{}, {ReadOnly: true}} {
		db, err := Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		var mode string
		var n int
		if err := db.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "delete" {
			t.Errorf("read-only %v: journal mode %q, %v", o.ReadOnly, mode, err)
		}
		if err := db.QueryRow("SELECT count(*) FROM x").Scan(&n); err != nil || n != 60 {
			t.Errorf("read-only %v: %d of 60 rows, %v", o.ReadOnly, n, err)
		}
		db.Close()
	}
	left, err := filepath.Glob(path + "-*")
	if err != nil || len(left) > 0 {
		t.Errorf("beside it are %v", left)
	}
	// The file that was made there is put into WAL mode on a disk of the machine.
	fileSystemOf = real
	db, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var mode string
	if err := db.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
}
