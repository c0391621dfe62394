package commands

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"
)

// profileKinds are what --profile measures, with the end of the file's name and the
// program that reads it.
var profileKinds = map[string]struct{ suffix, reader string }{
	"cpu":   {".cpu.pprof", "go tool pprof"},
	"heap":  {".heap.pprof", "go tool pprof"},
	"trace": {".trace", "go tool trace"},
}

// profileValue is the value of --profile: a kind, and the file after "=" if it is
// named.
type profileValue struct{ kind, file string }

func (p *profileValue) String() string {
	if p.file == "" {
		return p.kind
	}
	return p.kind + "=" + p.file
}

// Type is what help calls the value.
func (p *profileValue) Type() string { return "cpu|heap|trace[=FILE]" }

func (p *profileValue) Set(s string) error {
	kind, file, named := strings.Cut(s, "=")
	if _, ok := profileKinds[kind]; !ok || named && file == "" {
		return errors.New("choose from cpu, heap, trace; cpu=FILE names the file")
	}
	p.kind, p.file = kind, file
	return nil
}

// profiled has the command measured if --profile asks for it.
func (inv *invocation) profiled(fn RunFunc) RunFunc {
	p := inv.base.profile
	if p.kind == "" {
		return fn
	}
	return func(ctx context.Context, run *Run) (err error) {
		if p.file == "" {
			p.file = fileName(run.Name) + "-" + run.ID + profileKinds[p.kind].suffix
		}
		stop, err := p.start()
		if err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		defer func() {
			if e := stop(); e != nil {
				run.Log.Error("the profile was not written", "error", e)
				return
			}
			run.rec.Set(keyProfile.String(p.file))
			p.tell(run)
		}()
		return fn(ctx, run)
	}
}

// tell says where the profile is.
func (p profileValue) tell(run *Run) {
	if run.json {
		run.Log.Info("profile written", "kind", p.kind, "file", p.file)
		return
	}
	_ = run.Err.Printf("Wrote %s profile: %s %s\n", p.kind, profileKinds[p.kind].reader, p.file)
}

// start begins to measure; stop writes the file.
func (p profileValue) start() (stop func() error, err error) {
	f, err := os.OpenFile(p.file, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	switch p.kind {
	case "cpu":
		err = pprof.StartCPUProfile(f)
		stop = func() error { pprof.StopCPUProfile(); return f.Close() }
	case "trace":
		err = trace.Start(f)
		stop = func() error { trace.Stop(); return f.Close() }
	default:
		stop = func() error { return writeHeap(f) }
	}
	if err != nil { // another profile is being taken
		f.Close()
		os.Remove(p.file)
		return nil, err
	}
	return stop, nil
}

// writeHeap writes what was allocated, and what of it is in use.
func writeHeap(f *os.File) error {
	runtime.GC() // the profile is as of the last collection
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}
