package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/export"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// choice is the service or process that pages are about: parameters service and process.
type choice struct {
	scope   query.Scope
	part    *query.Part     // nil: the whole store
	of      []query.Process // that are chosen
	answers bool            // the process that answers is one of them
}

// choose gives the dashboard of what the address chooses. The error is a page that leads
// back to everything.
func (d *Dashboard) choose(r *http.Request) (*Dashboard, error) {
	params := r.URL.Query()
	scope := query.Scope{Service: params.Get(view.ParamService)}
	if text := params.Get(view.ParamProcess); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return d, d.nobody(r, fmt.Sprintf("%q is not the number of a process.", text))
		}
		scope.Process = n
	}
	if scope.All() {
		return d, nil
	}
	list, err := d.config.Store.Processes(r.Context())
	if err != nil {
		return d, err
	}
	minutes, err := d.config.Store.MinutesSince(r.Context())
	if err != nil {
		return d, err
	}
	part, err := scope.Part(list, minutes)
	if err != nil {
		what, _, _ := strings.Cut(err.Error(), ": ")
		return d, d.nobody(r, strings.ToUpper(what[:1])+what[1:]+".")
	}
	of := scope.Of(list)
	out := &Dashboard{d.shared, d.base, newPartStore(d.config.Store, part, of[0].Service), choice{scope: scope, part: part, of: of}}
	out.choice.answers = slices.ContainsFunc(out.choice.of, d.isSelf)
	out.base += view.Base("?" + scopeParams(scope).Encode())
	return out, nil
}

func scopeParams(s query.Scope) url.Values {
	v := url.Values{}
	if s.Service != "" {
		v.Set(view.ParamService, s.Service)
	}
	if s.Process != 0 {
		v.Set(view.ParamProcess, strconv.FormatInt(s.Process, 10))
	}
	return v
}

// nobody is the page for a choice that is not there, or not any more.
func (d *Dashboard) nobody(r *http.Request, text string) error {
	here := d.here(r)
	return missingError{view.Missing{
		Title: "Nobody to show", Text: text + " Processes are forgotten when nothing that they brought is kept any more.",
		Href: here.With(view.ParamService, "", view.ParamProcess, ""), Action: "All services",
	}}
}

// whole is the dashboard of the whole store, for what has an address of its own, such as a
// Record. Links keep what is chosen.
func (d *Dashboard) whole() *Dashboard {
	return &Dashboard{d.shared, d.base, d.config.Store, choice{}}
}

// answers tells whether what this process knows by itself is of what is chosen.
func (d *Dashboard) answers() bool { return d.choice.part == nil || d.choice.answers }

// declares tells whether the signals that this process declares are those of what is
// chosen: of a process of the same program and service.
func (d *Dashboard) declares() bool {
	if d.config.Signals == nil || d.choice.part == nil || d.choice.answers {
		return d.config.Signals != nil
	}
	self, ok := d.current(context.Background())
	return ok && slices.ContainsFunc(d.choice.of, func(p query.Process) bool {
		return p.Service == self.Service && p.Build.Main == self.Build.Main
	})
}

// processes are those that are chosen; nil is all.
func (c choice) processes() []int64 {
	if c.part == nil {
		return nil
	}
	return c.part.Processes
}

// flags are what the command line needs to choose the same.
func (c choice) flags() (text string) {
	if c.scope.Service != "" {
		text += " --service " + export.ShellWord(c.scope.Service)
	}
	if c.scope.Process != 0 {
		text += fmt.Sprintf(" --process %d", c.scope.Process)
	}
	return text
}

// Bounds of the chooser: how many services it names, and how many processes of each.
const (
	maxServices         = 30
	processesPerService = 8
)

// chooser is what there is to choose from; nil when that is one process alone.
func (d *Dashboard) chooser(here view.URL, active string, list []query.Process, now time.Time) *view.Chooser {
	if len(list) < 2 && d.choice.part == nil {
		return nil
	}
	c := &view.Chooser{Label: "All services", All: here.With(view.ParamService, "", view.ParamProcess, "")}
	at := map[string]int{}
	for _, p := range byLife(list) {
		i, known := at[p.Service]
		if !known {
			if len(at) == maxServices {
				c.More++
				continue
			}
			i = len(c.Services)
			at[p.Service] = i
			c.Services = append(c.Services, view.ChooserService{
				Name: p.Service, Href: here.With(view.ParamService, p.Service, view.ParamProcess, ""),
				Current: d.choice.scope == query.Scope{Service: p.Service},
			})
		}
		s := &c.Services[i]
		if chosen := p.ID == d.choice.scope.Process; len(s.Processes) < processesPerService || chosen {
			s.Processes = append(s.Processes, processChoice(here, p, chosen, now))
			continue
		}
		s.More++
	}
	if d.choice.part != nil {
		d.chosen(c, active)
	}
	return c
}

// byLife puts processes that run before those that ended, the newest first.
func byLife(list []query.Process) []query.Process {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b query.Process) int {
		if a.Alive != b.Alive {
			if a.Alive {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.ID, a.ID)
	})
	return list
}

func processChoice(here view.URL, p query.Process, chosen bool, now time.Time) view.ChooserProcess {
	out := view.ChooserProcess{
		Name: processName(p), Href: here.With(view.ParamService, "", view.ParamProcess, strconv.FormatInt(p.ID, 10)), Current: chosen,
		Status: view.StatusOK, State: "runs",
	}
	switch {
	case !p.Ended.IsZero():
		out.Status, out.State = view.StatusOff, "ended "+view.Ago(p.Ended, now)
	case !p.Alive:
		out.Status, out.State = view.StatusBad, "died, last seen "+view.Ago(p.Seen, now)
	}
	if p.Build.Main != "" {
		out.Facts = append(out.Facts, path.Base(p.Build.Main))
	}
	if p.Build.Revision != "" {
		out.Facts = append(out.Facts, "build "+buildName(p.Build))
	}
	out.Facts = append(out.Facts, "started "+view.Ago(p.Started, now))
	return out
}

func processName(p query.Process) string {
	name := fmt.Sprintf("pid %d", p.PID)
	if p.Host != "" {
		name += " on " + p.Host
	}
	return name
}

// chosen fills in what is chosen, and what that means on a page.
func (d *Dashboard) chosen(c *view.Chooser, active string) {
	c.Chosen, c.Covers = true, covers[active]
	if active == "exceptions" && d.choice.scope.Process != 0 {
		c.Covers = "Exceptions are counted by service and not by process. " + strings.Replace(c.Covers, "this service", "the service "+d.choice.of[0].Service, 1)
	}
	if strings.HasPrefix(active, "pages/") {
		c.Covers = "A page of the app's own is as the app draws it, whatever is chosen."
	}
	if c.Label = d.choice.scope.Service; d.choice.scope.Process != 0 {
		p := d.choice.of[0]
		c.Label = p.Service + ", " + processName(p)
		if since := d.choice.part.Since; !since.IsZero() {
			c.Apart = fmt.Sprintf("Statistics are kept apart for each process for a day: of this one they begin at %s. What came before is in those of its service.", since.Format("2 Jan 15:04"))
			c.Service, c.ServiceHref = p.Service, c.All
			for _, s := range c.Services {
				if s.Name == p.Service {
					c.ServiceHref = s.Href
				}
			}
		}
	}
}

// covers says of each page what a choice covers there.
var covers = map[string]string{
	"overview":   "Figures, charts, the heat map, handlers and problems are of this choice alone; the card This toolbar is of the whole store and of the process that answers, and cards of the app's own are as it draws them.",
	"requests":   "The list is of this choice alone. Rows come in by themselves if the process that answers is in it.",
	"handlers":   "Statistics, percentiles, the heat map, builds and samples are of this choice alone.",
	"routes":     "Routes and how they were used are of this choice alone.",
	"signals":    "Figures, senders and receivers are of this choice alone. Which receivers a signal has is what the program that was chosen told last.",
	"middleware": "Figures, times and what layers do are of this choice alone, and so is the stack.",
	"queries":    "Statistics and samples are of this choice alone.",
	"commands":   "Commands and their runs are of this choice alone.",
	"slow":       "The report, its causes and samples are of this choice alone.",
	"alerts":     "Problems, findings and what became worse since the last build are of this choice alone; what is wrong with recording is of the process that answers.",
	"compare":    "Both sides are of this choice alone.",
	"tasks":      "Queues, workers and jobs are those of the app whatever is chosen: they are not counted by service.",
	"exceptions": "The list has what came in this service, and how often and when last it did; since when, users, trend and state are of all services.",
	"health":     "This page is about the whole store and the process that answers, whatever is chosen.",
	"logs":       "Lines of a browser are shown whatever is chosen.",
}

type processListJSON struct {
	Processes []knownProcessJSON `json:"processes"`
	// Apart is from when statistics are kept apart for each process, and not only for each
	// service; none: from the beginning.
	Apart time.Time `json:"apart_since,omitzero"`
}

type knownProcessJSON struct {
	ID      int64     `json:"id"` // what the parameter process takes
	Service string    `json:"service"`
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Program string    `json:"program,omitempty"` // path of the main package
	Build   string    `json:"build,omitempty"`   // revision, with "+" for changes that were not committed
	Started time.Time `json:"started"`
	Seen    time.Time `json:"seen"`
	Ended   time.Time `json:"ended,omitzero"`
	Alive   bool      `json:"alive"`
}

// apiProcesses lists what there is to choose from.
func apiProcesses(d *Dashboard, r *http.Request) (any, error) {
	list, err := d.store.Processes(r.Context())
	if err != nil {
		return nil, err
	}
	out := processListJSON{Processes: []knownProcessJSON{}}
	since, err := d.store.MinutesSince(r.Context())
	if err != nil {
		return nil, err
	}
	if !since.IsZero() {
		out.Apart = since.UTC()
	}
	for _, p := range list {
		if !d.choice.part.Has(p.ID) {
			continue
		}
		one := knownProcessJSON{
			ID: p.ID, Service: p.Service, Host: p.Host, PID: p.PID, Program: p.Build.Main, Build: p.Build.Name(),
			Started: p.Started.UTC(), Seen: p.Seen.UTC(), Alive: p.Alive,
		}
		if !p.Ended.IsZero() {
			one.Ended = p.Ended.UTC()
		}
		out.Processes = append(out.Processes, one)
	}
	return out, nil
}
