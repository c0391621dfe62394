package web

import (
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/host"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// machine is how the machine and this process are, as far as the system tells.
func machine(s host.State) (out []view.Attr) {
	load := "not told by this system"
	if s.Load[0] >= 0 {
		load = fmt.Sprintf("%.2f, %.2f, %.2f", s.Load[0], s.Load[1], s.Load[2])
	}
	out = append(out, view.Attr{Key: "Load", Value: load, Type: fmt.Sprintf("of %d processors, over 1, 5 and 15 minutes", s.CPUs)})
	add := func(key string, total, free int64, of string) {
		if total > 0 && free >= 0 {
			out = append(out, view.Attr{Key: key, Value: view.Bytes(free) + " free", Type: fmt.Sprintf("of %s%s, %s used", view.Bytes(total), of, view.Percent(float64(total-free)/float64(total)))})
		}
	}
	add("Memory", s.Memory, s.MemoryFree, "")
	add("Swap", s.Swap, s.SwapFree, "")
	add("Disk", s.Disk, s.DiskFree, " where the store is")
	if s.Resident >= 0 {
		out = append(out, view.Attr{Key: "This process", Value: view.Bytes(s.Resident), Type: fmt.Sprintf("in memory, %s goroutines, %s threads", view.Count(s.Goroutines), view.Count(s.Threads))})
	} else {
		out = append(out, view.Attr{Key: "This process", Value: view.Count(s.Goroutines) + " goroutines"})
	}
	if s.Files >= 0 {
		out = append(out, view.Attr{Key: "Open files", Value: view.Count(s.Files), Type: "of " + view.Count(s.FileLimit)})
	}
	if s.Uptime >= 0 {
		out = append(out, view.Attr{Key: "Machine up", Value: view.Dur(s.Uptime)})
	}
	return out
}
