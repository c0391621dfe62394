package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

// profile writes a CPU profile of our side of one case.
func profile(f *flags, stderr io.Writer) (err error) {
	name, path, ok := strings.Cut(f.profile, "=")
	if !ok || path == "" {
		return fmt.Errorf("-cpuprofile wants case=file, not %q", f.profile)
	}
	chosen, err := pick(name)
	if err != nil {
		return err
	}
	e := &env{}
	defer func() { err = errors.Join(err, e.close()) }()
	c := chosen[0]
	k := &contender{name: "ours"}
	if k.op, err = c.ours(e); err != nil {
		return fmt.Errorf("prepare %s: %w", c.name, err)
	}
	if !c.process {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	if err := c.calibrate(k, f.round); err != nil {
		return fmt.Errorf("run %s: %w", c.name, err)
	}
	if err := profileOp(k, path); err != nil {
		return fmt.Errorf("profile %s: %w", c.name, err)
	}
	fmt.Fprintf(stderr, "wrote %s: go tool pprof -top %s\n", path, path)
	return nil
}

const profileTime = 3 * time.Second

func profileOp(k *contender, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(err, file.Close())
	}
	for start := cpuTime(true); err == nil && cpuTime(true)-start < profileTime; {
		err = k.op.run(k.n)
	}
	pprof.StopCPUProfile()
	return errors.Join(err, file.Close())
}
