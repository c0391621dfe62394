package commands_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
)

const badRow = 500

// importCommand reads numbers, one a line, and appends them to a file in batches.
func importCommand() commands.Command {
	return commands.Command{Name: "import_rows", Args: "FILE INTO", Setup: func(f *commands.Flags) commands.RunFunc {
		i := importer{}
		f.BoolVar(&i.strict, "strict", false, "fail when a row is bad")
		f.Int64Var(&i.pause, "pause-at", 0, "wait for the signal after a row")
		return func(ctx context.Context, run *commands.Run) error {
			cp, err := commands.OpenCheckpoint(run.Args[1] + ".checkpoint")
			if err != nil {
				return err
			}
			defer cp.Close()
			i.run, i.cp = run, cp
			if err := i.all(ctx); err != nil {
				return err
			}
			return cp.Finish()
		}
	}}
}

type importer struct {
	run    *commands.Run
	cp     *commands.Checkpoint
	strict bool
	pause  int64
	bad    int
}

// all streams the file; the database of this test is a file that is appended to.
func (i *importer) all(ctx context.Context) error {
	from, err := os.Open(i.run.Args[0])
	if err != nil {
		return err
	}
	defer from.Close()
	into, err := os.OpenFile(i.run.Args[1], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer into.Close()
	if err := i.rows(ctx, bufio.NewScanner(from), into); err != nil {
		return err
	}
	if i.strict && i.bad > 0 {
		return commands.Errorf("%d rows are bad", i.bad)
	}
	return nil
}

func (i *importer) rows(ctx context.Context, lines *bufio.Scanner, into io.Writer) error {
	var batch bytes.Buffer
	save := func(row int64) error {
		if _, err := into.Write(batch.Bytes()); err != nil {
			return err
		}
		batch.Reset()
		return i.cp.SetPosition(row)
	}
	row := int64(0)
	for ; lines.Scan(); row++ {
		if row < i.cp.Position() {
			continue
		}
		if n, err := strconv.Atoi(lines.Text()); err == nil {
			fmt.Fprintln(&batch, n)
		} else {
			i.bad++
			_ = i.run.Err.Printf("%s:%d: not a number\n", filepath.Base(i.run.Args[0]), row+1)
		}
		if row+1 == i.pause {
			fmt.Fprintln(i.run.Out, "ready")
			<-ctx.Done()
		}
		if (row+1)%1000 == 0 || ctx.Err() != nil {
			if err := save(row + 1); err != nil || ctx.Err() != nil {
				return cmpOr(err, ctx.Err())
			}
		}
	}
	return cmpOr(save(row), lines.Err())
}

func cmpOr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// rowsFile has 100,000 numbers but for one.
func rowsFile(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	for i := 1; i <= 100_000; i++ {
		if i == badRow {
			b.WriteString("twelve\n")
			continue
		}
		fmt.Fprintln(&b, i)
	}
	file := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestA57_AnImportThatWasInterruptedGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	file := rowsFile(t)
	into := filepath.Join(filepath.Dir(file), "into")
	first, lines, errs := startPiped(t, "import_rows", file, into, "--pause-at", "40500")
	expect(t, lines, "ready")
	signalTo(t, first, syscall.SIGTERM)
	_ = first.Wait()
	if code := first.ProcessState.ExitCode(); code != 143 || !strings.Contains(errs.String(), "rows.csv:500: not a number\n") {
		t.Errorf("code %d, stderr %q", code, errs)
	}
	second, _, errs := start(t, "import_rows", file, into)
	if err := second.Wait(); err != nil || strings.Contains(errs.String(), "rows.csv") {
		t.Errorf("error %v, stderr %q", err, errs)
	}
	next := 1
	for line := range strings.Lines(read(t, into)) {
		if next == badRow {
			next++
		}
		if line != strconv.Itoa(next)+"\n" {
			t.Fatalf("row %q, want %d", line, next)
		}
		next++
	}
	if next != 100_001 {
		t.Errorf("%d rows", next-1)
	}
	if _, err := os.Stat(into + ".checkpoint"); !os.IsNotExist(err) {
		t.Errorf("the checkpoint is still there: %v", err)
	}
}

func TestA57_StrictFailsOnABadRow(t *testing.T) {
	t.Parallel()
	file := rowsFile(t)
	cmd, _, errs := start(t, "import_rows", file, file+".into", "--strict")
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.HasPrefix(errs.String(), "rows.csv:500: not a number\nError: 1 rows are bad\n") {
		t.Errorf("code %d, stderr %q", code, errs)
	}
}
