//go:build unix

package sqlitefile_test

import (
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// nobody is a user who owns nothing.
const nobody = 65534

// readChild is what a process of another user does: it tries to write, and to read.
func readChild(path string) int {
	_, err := sqlitefile.Open(path, sqlitefile.Options{BusyTimeout: time.Millisecond})
	fmt.Printf("unwritable %v\n", err != nil && sqlitefile.Unwritable(err))
	db, err := sqlitefile.Open(path, sqlitefile.Options{ReadOnly: true})
	if err != nil {
		fmt.Println("read:", err)
		return 0
	}
	defer db.Close()
	var n int
	err = db.QueryRowContext(context.Background(), "SELECT count(*) FROM x").Scan(&n)
	fmt.Println("read", n, err)
	return 0
}

// asNobody runs readChild as another user.
func asNobody(t *testing.T, dir, path string) string {
	t.Helper()
	exe := filepath.Join(dir, "reader")
	if _, err := os.Stat(exe); err != nil {
		self, err := os.Executable()
		must(t, err)
		from, err := os.Open(self)
		must(t, err)
		defer from.Close()
		to, err := os.OpenFile(exe, os.O_WRONLY|os.O_CREATE, 0o755)
		must(t, err)
		_, err = io.Copy(to, from)
		must(t, err)
		must(t, to.Close())
	}
	cmd := osexec.Command(exe)
	cmd.Dir = "/"
	cmd.Env = []string{"SQLITEFILE_TEST_READ=" + path}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.Output()
	must(t, err)
	return string(out)
}

// Another user who may read the file, in a folder where it may make nothing.
func TestF15_AnotherUserReadsWhatItMay(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root to run as another user")
		}
		t.Skip("needs root to run as another user")
	}
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	must(t, os.Chmod(dir, 0o755))
	path := filepath.Join(dir, "toolbar.db")
	writer := open(t, path, sqlitefile.Options{})
	exec(t, writer, "CREATE TABLE x (y)")
	exec(t, writer, "INSERT INTO x VALUES (1)")

	if out := asNobody(t, dir, path); !strings.Contains(out, "unwritable true") || !strings.Contains(out, "permission denied") && !strings.Contains(out, "unable to open") {
		t.Errorf("a file of mode 0600: %s", out)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		must(t, os.Chmod(name, 0o644))
	}
	if out := asNobody(t, dir, path); !strings.Contains(out, "unwritable true") || !strings.Contains(out, "read 1 <nil>") {
		t.Errorf("while the app writes: %s", out)
	}
	exec(t, writer, "INSERT INTO x VALUES (2)")
	exec(t, writer, "PRAGMA wal_checkpoint(TRUNCATE)")
	must(t, writer.Close())
	must(t, os.Remove(path+"-wal"))
	must(t, os.Remove(path+"-shm"))
	if out := asNobody(t, dir, path); !strings.Contains(out, "unwritable true") || !strings.Contains(out, "read 2 <nil>") {
		t.Errorf("after it: %s", out)
	}
}
