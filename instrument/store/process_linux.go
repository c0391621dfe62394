package store

import (
	"os"
	"strconv"
	"strings"
	"sync"
)

// bootID names the stretch in which a pid stands for one process at a time: since
// the machine was started, in this pid namespace. Two containers on one machine
// both have a process 1.
var bootID = sync.OnceValue(func() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace
})

// processStart is when a process was started, in clock ticks since boot; 0 when
// there is no such process.
func processStart(pid int) int64 {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	// The second field is the command's name in parentheses and may hold anything.
	rest := string(stat)
	rest = rest[strings.LastIndexByte(rest, ')')+1:]
	fields := strings.Fields(rest)
	const startTime = 22 - 3 // counted from the third field
	if len(fields) <= startTime || fields[0] == "Z" {
		return 0
	}
	ticks, _ := strconv.ParseInt(fields[startTime], 10, 64)
	return ticks
}
