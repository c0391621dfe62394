package commands

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
)

// Checkpoint remembers in a file how far a batch has come, so that a run that was
// stopped is resumed where it was: by the keys of what is done, or by the position in
// what is read in order.
//
//	cp, err := commands.OpenCheckpoint("import.checkpoint")
//	...
//	defer cp.Close()
//	for row := range rowsFrom(cp.Position()) {
//		...
//		err = cp.SetPosition(row.Number)
//	}
//	return cp.Finish()
//
// What was done but not yet noted when a process was killed is done again: note often,
// and let the work bear it. Its methods may be called from several goroutines.
type Checkpoint struct {
	mu       sync.Mutex // guards what follows
	file     *os.File
	done     map[string]bool
	position int64
}

// OpenCheckpoint opens the file of a batch, or begins one when there is none.
func OpenCheckpoint(path string) (*Checkpoint, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint: %w", err)
	}
	c := &Checkpoint{file: f, done: map[string]bool{}}
	if err := c.read(); err != nil {
		f.Close()
		return nil, fmt.Errorf("read checkpoint %s: %w", path, err)
	}
	return c, nil
}

// read reads what was noted. A last line without an end was being written when the
// process was killed, and is taken away.
func (c *Checkpoint) read() error {
	r := bufio.NewReader(c.file)
	end := int64(0)
	for number := 1; ; number++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if !c.note(string(bytes.TrimSuffix(line, []byte("\n")))) {
			return fmt.Errorf("line %d is not one of a checkpoint: is it another file?", number)
		}
		end += int64(len(line))
	}
	if err := c.file.Truncate(end); err != nil {
		return err
	}
	_, err := c.file.Seek(end, io.SeekStart)
	return err
}

// note takes in one line: a key in quotes, or @ and a position.
func (c *Checkpoint) note(line string) bool {
	if number, ok := strings.CutPrefix(line, "@"); ok {
		n, err := strconv.ParseInt(number, 10, 64)
		c.position = n
		return err == nil
	}
	key, err := strconv.Unquote(line)
	c.done[key] = true
	return err == nil
}

// Done reports whether a key was marked.
func (c *Checkpoint) Done(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done[key]
}

// Mark notes that what a key stands for is done.
func (c *Checkpoint) Mark(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done[key] {
		return nil
	}
	return c.write(strconv.Quote(key))
}

// Position is the last position that was set; 0 at the beginning.
func (c *Checkpoint) Position() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.position
}

// SetPosition notes that everything up to a position is done.
func (c *Checkpoint) SetPosition(n int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.write("@" + strconv.FormatInt(n, 10))
}

// write writes a line and, when it is written, takes it in. Called with mu held.
func (c *Checkpoint) write(line string) error {
	if _, err := c.file.WriteString(line + "\n"); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	c.note(line)
	return nil
}

// Finish says that the batch is complete: the file is removed, so that the next run
// begins anew.
func (c *Checkpoint) Finish() error {
	return errors.Join(c.Close(), os.Remove(c.file.Name()))
}

// Close closes the file and leaves it for the next run. It may be repeated.
func (c *Checkpoint) Close() error {
	if err := c.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close checkpoint: %w", err)
	}
	return nil
}
