package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// run is a Process with what tells whether it is alive.
type run struct {
	query.Process
	boot     string // within it a pid means the same; "" unknown
	pidStart int64  // tells a process from a later one with its pid; 0 unknown
}

const (
	// heartbeatEvery is how often a process says that it is alive.
	heartbeatEvery = 10 * time.Second
	// silence is how long a process that nobody can look at counts as alive.
	silence = 5 * time.Minute
)

// register gives this process a row and a number.
func (w *writer) register(ctx context.Context) error {
	build, err := w.internBuild(ctx, thisBuild())
	if err != nil {
		return err
	}
	// The number is in the ids of Records that are on the way: it stays when the
	// store begins anew in another file.
	number := w.self.Number
	if number == 0 {
		if number, err = w.freeNumber(ctx); err != nil {
			return err
		}
	}
	now := w.options.Now()
	pid := os.Getpid()
	p := run{boot: bootID(), pidStart: processStart(pid), Process: query.Process{
		Number: number, PID: pid, Host: w.options.Host, Service: w.options.Service,
		Build: thisBuild(), Started: now, Seen: now, Alive: true,
	}}
	// When only the connection was lost, the row from before is there still.
	if err := w.exec(ctx, "UPDATE process SET ended = ? WHERE id = ? AND number = ? AND pid = ? AND boot = ?",
		now.UnixMilli(), w.self.ID, int64(number), pid, p.boot); err != nil {
		return err
	}
	p.ID, err = w.intern(ctx, `INSERT INTO process
		(number, build, host, service, boot, pid, pid_start, started, seen)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		int64(p.Number), build, p.Host, p.Service, p.boot, p.PID, p.pidStart, now.UnixMilli(), now.UnixMilli())
	w.self, w.seen = p.Process, now
	if err != nil {
		return err
	}
	return w.noteBuild(ctx, build)
}

// freeNumber picks the number after the last one given, past those of living
// processes. So a number comes back late, and an id that a dead process made is
// not made again even when the wall clock was set back. In a new file it begins
// anywhere: processes that wrote to the file before it keep their numbers.
func (w *writer) freeNumber(ctx context.Context) (uint16, error) {
	last := uint16(rand.Uint32N(instrument.MaxProcess))
	err := w.conn.QueryRowContext(ctx, "SELECT number FROM process ORDER BY id DESC LIMIT 1").Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	taken := map[uint16]bool{}
	rows, err := w.conn.QueryContext(ctx, processQuery+" WHERE ended IS NULL")
	if err != nil {
		return 0, err
	}
	err = each(rows, func(rows *sql.Rows) error {
		p, err := scanProcess(rows, w.options)
		taken[p.Number] = taken[p.Number] || p.Alive
		return err
	})
	if err != nil {
		return 0, err
	}
	for n := range uint16(instrument.MaxProcess) {
		number := (last+n)%instrument.MaxProcess + 1
		if !taken[number] {
			return number, nil
		}
	}
	return 0, fmt.Errorf("%d processes use the store already", instrument.MaxProcess)
}

const processQuery = `SELECT p.id, p.number, p.host, p.service, p.boot, p.pid, p.pid_start,
	p.started, p.seen, p.ended, b.revision, b.dirty, b.go, b.main, b.modules
	FROM process p JOIN build b ON b.id = p.build`

func scanProcess(rows *sql.Rows, o *Options) (query.Process, error) {
	var p run
	var started, seen int64
	var ended sql.NullInt64
	err := rows.Scan(&p.ID, &p.Number, &p.Host, &p.Service, &p.boot, &p.PID, &p.pidStart,
		&started, &seen, &ended, &p.Build.Revision, &p.Build.Dirty, &p.Build.Go, &p.Build.Main, (*moduleList)(&p.Build.Modules))
	p.Started, p.Seen = time.UnixMilli(started), time.UnixMilli(seen)
	if ended.Valid {
		p.Ended = time.UnixMilli(ended.Int64)
	}
	p.Alive = err == nil && !ended.Valid && p.alive(o)
	return p.Process, err
}

// alive looks for the process where that is possible: on this machine, since it
// was started, in the same container. Elsewhere only the heartbeat tells.
func (p *run) alive(o *Options) bool {
	if boot := bootID(); boot != "" && p.boot == boot && p.Host == o.Host && p.pidStart != 0 {
		return processStart(p.PID) == p.pidStart
	}
	quiet := o.Now().Sub(p.Seen)
	return quiet < silence && quiet > -silence
}

// Processes lists the runs that are known, the newest first.
func (s *Store) Processes(ctx context.Context) ([]query.Process, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	list, err := s.processes(ctx)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	return list, nil
}

func (s *Store) processes(ctx context.Context) ([]query.Process, error) {
	rows, err := s.db.QueryContext(ctx, processQuery+" ORDER BY p.id DESC")
	if err != nil {
		return nil, err
	}
	var list []query.Process
	err = each(rows, func(rows *sql.Rows) error {
		p, err := scanProcess(rows, &s.options)
		list = append(list, p)
		return err
	})
	return list, err
}

func hostname() string {
	name, _ := os.Hostname()
	return name
}
