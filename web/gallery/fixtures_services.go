package main

import (
	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// serviced draws a page with a chooser of services, of which something is chosen.
func serviced(draw func(view.Shell) templ.Component, chosen string) func(view.Shell) templ.Component {
	return func(s view.Shell) templ.Component {
		c := services(s)
		switch chosen {
		case "service":
			c.Chosen, c.Label, c.Services[0].Current = true, "shop", true
			c.Covers = "Figures, charts, the heat map, handlers and problems are of this choice alone; the card This toolbar is of the whole store and of the process that answers."
		case "process":
			c.Chosen, c.Label, c.Services[1].Processes[0].Current = true, "shop-mail, pid 88213 on mail-1.example.internal", true
			c.Covers = "Statistics, percentiles, the heat map, builds and samples are of this choice alone."
			c.Apart = "Statistics are kept apart for each process for a day: of this one they begin at 2 Mar 14:00. What came before is in those of its service."
			c.Service, c.ServiceHref = "shop-mail", c.Services[1].Href
		case "exceptions":
			c.Chosen, c.Label, c.Services[0].Current = true, "shop", true
			c.Covers = "The list has what came in this service, and how often and when last it did; since when, users, trend and state are of all services."
		}
		if c.Chosen {
			s.Base += view.Base("?" + s.Here.Query.Encode())
		}
		s.Chooser = c
		return draw(s)
	}
}

func services(s view.Shell) *view.Chooser {
	process := func(name, id string, st view.Status, state string, facts ...string) view.ChooserProcess {
		return view.ChooserProcess{Name: name, Href: s.Here.With("service", "", "process", id), Status: st, State: state, Facts: facts}
	}
	service := func(name string, more int, ps ...view.ChooserProcess) view.ChooserService {
		return view.ChooserService{Name: name, Href: s.Here.With("service", name, "process", ""), Processes: ps, More: more}
	}
	return &view.Chooser{
		Label: "All services", All: s.Here.With("service", "", "process", ""), More: 1,
		Services: []view.ChooserService{
			service("shop", 0,
				process("pid 4411 on web-1", "57", view.StatusOK, "runs", "shop", "build 9f3c2e1", "started 51 min ago"),
				process("pid 4102 on web-1", "52", view.StatusOff, "ended 51 min ago", "shop", "build 77ab0d2+", "started 6 h ago")),
			service("shop-mail", 12,
				process("pid 88213 on mail-1.example.internal", "41", view.StatusOK, "runs", "mailer", "build 9f3c2e1", "started 3 d ago"),
				process("pid 88001 on mail-1.example.internal", "40", view.StatusBad, "died, last seen 3 d ago", "mailer", "started 4 d ago")),
			service("<b>odd & \"long\" name of a service that somebody gave it without a thought</b>", 0,
				process("pid 7", "3", view.StatusOff, "ended 2 d ago", "started 2 d ago")),
		},
	}
}
