package browser_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

// figures are what is said about a receiver.
type figures struct{ calls, errors, panics uint64 }

// compareFigures compares what page, JSON, command line and metrics say about the receivers of the order, while the shop is
// open.
func compareFigures(p *tab, a *e2etest.App) {
	p.t.Helper()
	a.Flush()
	p.open(a.Page("signals?signal=order_status_changed"))
	p.shoot("signals-order")
	said := map[string]map[string]figures{
		"page":           fromPage(p),
		"api/v1":         fromHandlers(e2etest.Get[e2etest.Handlers](p.t, a.API("handlers?kind=receiver")).Handlers),
		"toolbar report": fromHandlers(e2etest.Decode[e2etest.Report](p.t, e2etest.Tool(p.t, a.File, "report", "--kind", "receiver", "--limit", "0", "--format", "json")).Rows),
		"metrics":        fromMetrics(e2etest.Text(p.t, a.Page("metrics"))),
	}
	for _, r := range receivers {
		want := figures{1, r.errors, r.panics}
		for where, all := range said {
			got := all[r.name]
			if where == "page" {
				got.panics = r.panics // it shows them as failures
			}
			if got != want {
				p.t.Errorf("%s says of %s: %+v, want %+v", where, r.name, got, want)
			}
		}
	}
}

// fromPage reads the table of receivers: columns by their titles.
func fromPage(p *tab) map[string]figures {
	p.t.Helper()
	const table = `(() => {
		const t = document.querySelector('[aria-label="Receivers of order_status_changed"] table');
		const titles = [...t.tHead.rows[0].cells].map((c) => c.textContent.trim());
		return [...t.tBodies[0].rows].map((r) => Object.fromEntries([...r.cells].map((c, i) =>
			[titles[i], (c.querySelector('a') || c).textContent.trim()])));
	})()`
	all := map[string]figures{}
	for _, row := range value[[]map[string]string](p, table) {
		all[row["Receiver"]] = figures{calls: number(row["Called"]), errors: number(row["Failed"])}
	}
	return all
}

func number(text string) uint64 {
	n, err := strconv.ParseUint(strings.ReplaceAll(text, ",", ""), 10, 64)
	if err != nil {
		return 1 << 60 // no figure is that high
	}
	return n
}

func fromHandlers(list []e2etest.Handler) map[string]figures {
	all := map[string]figures{}
	for _, h := range list {
		all[h.Name] = figures{h.Count, h.Errors, h.Panics}
	}
	return all
}

func fromMetrics(exposition string) map[string]figures {
	all := map[string]figures{}
	for _, r := range receivers {
		read := func(metric string) uint64 {
			_, rest, _ := strings.Cut(exposition, fmt.Sprintf("\n%s{handler=%q,kind=\"receiver\"} ", metric, r.name))
			text, _, _ := strings.Cut(rest, "\n")
			return number(text)
		}
		all[r.name] = figures{read("toolbar_handler_duration_seconds_count"), read("toolbar_handler_errors_total"), read("toolbar_handler_panics_total")}
	}
	return all
}
