package host

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestRead_TellsOfThisMachine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := Read(dir)
	for what, ok := range map[string]bool{
		"processors": s.CPUs >= 1,
		"load":       s.Load[0] >= 0 && s.Load[1] >= 0 && s.Load[2] >= 0,
		"uptime":     s.Uptime > 0,
		"memory":     s.Memory > 64<<20 && s.MemoryFree > 0 && s.MemoryFree <= s.Memory,
		"disk":       s.Disk > 0 && s.DiskFree >= 0 && s.DiskFree <= s.Disk,
		"resident":   s.Resident > 1<<20 && s.Resident < s.Memory,
		"files":      s.Files >= 3 && s.FileLimit >= s.Files,
		"threads":    s.Threads >= 1,
		"goroutines": s.Goroutines >= 2,
	} {
		if !ok {
			t.Errorf("%s: %+v", what, s)
		}
	}
}

func TestRead_CountsFilesThatAreOpen(t *testing.T) {
	before := Read("").Files
	for range 20 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	if after := Read("").Files; after < before+20 {
		t.Errorf("%d, then %d after 20 were opened", before, after)
	}
}

func TestRead_ReadsTheKernelsForms(t *testing.T) {
	t.Parallel()
	proc := t.TempDir()
	for name, text := range map[string]string{
		"loadavg":     "1.50 0.25 0.05 2/345 6789\n",
		"uptime":      "90061.5 123.4\n",
		"meminfo":     "MemTotal:       24689128 kB\nMemFree:  1 kB\nMemAvailable:    1024 kB\nHugePages_Total:       0\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
		"self/status": "Name:\tshop\nVmRSS:\t  2048 kB\nThreads:\t7\n",
	} {
		file := filepath.Join(proc, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := readFrom(proc, "")
	want := unknown()
	want.Goroutines, want.FileLimit = s.Goroutines, s.FileLimit
	want.Load, want.Uptime = [3]float64{1.5, 0.25, 0.05}, 25*time.Hour+time.Minute+1500*time.Millisecond
	want.Memory, want.MemoryFree, want.Swap, want.SwapFree = 24689128<<10, 1<<20, 0, 0
	want.Resident, want.Threads = 2<<20, 7
	if s != want {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
}

func TestRead_WhatCannotBeReadIsUnknown(t *testing.T) {
	t.Parallel()
	proc := t.TempDir()
	for name, text := range map[string]string{"loadavg": "much", "uptime": "", "meminfo": "MemTotal: lots kB\nMemAvailable:\n"} {
		if err := os.WriteFile(filepath.Join(proc, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := readFrom(proc, filepath.Join(proc, "not there"))
	want := unknown()
	want.Goroutines, want.FileLimit = s.Goroutines, s.FileLimit
	if s != want {
		t.Errorf("got %+v", s)
	}
}
