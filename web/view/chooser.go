package view

import "strings"

// Chooser says of which service or process a page is, and leads to others.
type Chooser struct {
	Label    string // "All services", "shop", "shop, pid 41 on web-1"
	Chosen   bool   // not all
	All      string // address of the page without a choice
	Covers   string // what the choice covers on this page; "" says nothing
	Apart    string // from when statistics of it are known, if not from the beginning
	Services []ChooserService
	More     int // processes of services that are not listed

	// Service has, where Apart says something, what came before.
	Service, ServiceHref string
}

// ChooserService is a service with its processes, those that run first.
type ChooserService struct {
	Name, Href string
	Current    bool
	Processes  []ChooserProcess
	More       int // that are not listed
}

// ChooserProcess is one run of a program.
type ChooserProcess struct {
	Name, Href string // "pid 41 on web-1"
	Current    bool
	Status     Status
	State      string   // "runs", "ended 5 min ago"
	Facts      []string // program, build, start
}

func (p ChooserProcess) facts() string {
	return strings.Join(append([]string{p.State}, p.Facts...), ", ")
}

// moreProcesses says how many are not listed.
func moreProcesses(n int) string {
	if n == 1 {
		return "1 more process is not listed"
	}
	return Count(int64(n)) + " more processes are not listed"
}
