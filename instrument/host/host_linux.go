package host

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Read reads the state. dir is any path of the file system that matters; "" for none.
// What cannot be read stays unknown: it never fails. It takes well below a millisecond.
func Read(dir string) State { return readFrom("/proc", dir) }

func readFrom(proc, dir string) State {
	s := unknown()
	if b, err := os.ReadFile(proc + "/loadavg"); err == nil {
		if n, err := fmt.Sscan(string(b), &s.Load[0], &s.Load[1], &s.Load[2]); n < 3 || err != nil {
			s.Load = unknown().Load
		}
	}
	if b, err := os.ReadFile(proc + "/uptime"); err == nil {
		first, _, _ := strings.Cut(string(b), " ")
		if sec, err := strconv.ParseFloat(first, 64); err == nil {
			s.Uptime = time.Duration(sec * float64(time.Second))
		}
	}
	readSizes(proc+"/meminfo", map[string]*int64{"MemTotal": &s.Memory, "MemAvailable": &s.MemoryFree, "SwapTotal": &s.Swap, "SwapFree": &s.SwapFree})
	readSizes(proc+"/self/status", map[string]*int64{"VmRSS": &s.Resident, "Threads": &s.Threads})
	if d, err := os.Open(proc + "/self/fd"); err == nil {
		if names, err := d.Readdirnames(-1); err == nil {
			s.Files = int64(len(names)) - 1 // without the one that lists them
		}
		d.Close()
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		s.FileLimit = int64(min(limit.Cur, 1<<62))
	}
	var fs syscall.Statfs_t
	if dir != "" && syscall.Statfs(dir, &fs) == nil {
		s.Disk, s.DiskFree = int64(fs.Blocks)*int64(fs.Bsize), int64(fs.Bavail)*int64(fs.Bsize)
	}
	return s
}

// readSizes reads lines like "MemTotal:  24689128 kB".
func readSizes(file string, into map[string]*int64) {
	b, err := os.ReadFile(file)
	if err != nil {
		return
	}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		to, ok := into[name]
		fields := strings.Fields(rest)
		if !ok || len(fields) == 0 {
			continue
		}
		n, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			continue
		}
		if len(fields) > 1 && fields[1] == "kB" {
			n <<= 10
		}
		*to = n
	}
}
