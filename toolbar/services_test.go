package toolbar_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// twoServices are a shop and its mail in one file: five requests to the one, two to the other.
func twoServices(t *testing.T) (shop, mail *bundle) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "toolbar.db")
	mux := func(route string) http.Handler {
		m := http.NewServeMux()
		m.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "fine") })
		return m
	}
	shop = setup(t, toolbar.Config{Path: file, Service: "shop"}, mux("GET /orders"))
	mail = setup(t, toolbar.Config{Path: file, Service: "mail & post"}, mux("GET /letters"))
	for range 5 {
		shop.get("/orders")
	}
	for range 2 {
		mail.get("/letters")
	}
	shop.flush()
	mail.flush()
	return shop, mail
}

// knownProcess is what api/v1/processes says of one.
type knownProcess struct {
	ID      int64
	Service string
	PID     int
	Alive   bool
}

func processesOf(b *bundle) map[string]knownProcess {
	b.Helper()
	var list struct{ Processes []knownProcess }
	b.api("processes", &list)
	byService := map[string]knownProcess{}
	for _, p := range list.Processes {
		byService[p.Service] = p
	}
	return byService
}

func TestServices_EachHasItsOwnFigures(t *testing.T) {
	t.Parallel()
	shop, _ := twoServices(t)
	ps := processesOf(shop)
	if len(ps) != 2 || !ps["shop"].Alive || ps["shop"].PID == 0 {
		t.Fatalf("processes: %+v", ps)
	}
	for query, want := range map[string]struct {
		calls  uint64
		routes string
	}{
		"":                                       {7, "[GET /letters GET /orders]"},
		"service=shop":                           {5, "[GET /orders]"},
		"service=mail+%26+post":                  {2, "[GET /letters]"},
		fmt.Sprintf("process=%d", ps["shop"].ID): {5, "[GET /orders]"},
		fmt.Sprintf("service=shop&process=%d", ps["shop"].ID): {5, "[GET /orders]"},
	} {
		var overview struct {
			Kinds map[string]struct{ Count uint64 }
		}
		shop.api("overview?"+query, &overview)
		if n := overview.Kinds["request"].Count; n != want.calls {
			t.Errorf("%q: the overview has %d requests, want %d", query, n, want.calls)
		}
		var stats struct {
			Handlers []struct {
				Name  string
				Count uint64
			}
		}
		shop.api("handlers?kind=request&"+query, &stats)
		sum, seen := uint64(0), map[string]bool{}
		for _, h := range stats.Handlers {
			sum += h.Count
			seen[h.Name] = true
		}
		if names := fmt.Sprint(sortedNames(seen)); sum != want.calls || names != want.routes {
			t.Errorf("%q: handlers %s with %d calls, want %s with %d", query, names, sum, want.routes, want.calls)
		}
		for _, sort := range []string{"", "&sort=duration", "&sort=size", "&dir=asc"} {
			var list struct{ Records []struct{ Path string } }
			shop.api("requests?"+query+sort, &list)
			if uint64(len(list.Records)) != want.calls {
				t.Errorf("%q%s: %d Records, want %d", query, sort, len(list.Records), want.calls)
			}
		}
		var report struct{ Rows []struct{ Name string } }
		shop.api("report?"+query, &report)
		var routes []string
		for _, r := range report.Rows {
			if strings.HasPrefix(r.Name, "GET /") {
				routes = append(routes, r.Name)
			}
		}
		if len(routes) != len(seen) {
			t.Errorf("%q: the report has %q, want %s", query, routes, want.routes)
		}
	}
}

func sortedNames(set map[string]bool) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	for i := range names {
		for j := range names[:i] {
			if names[i] < names[j] {
				names[i], names[j] = names[j], names[i]
			}
		}
	}
	return names
}

var hrefs = regexp.MustCompile(`href="(/_toolbar/[^"]*)"`)

func TestServices_EveryLinkKeepsTheChoice(t *testing.T) {
	t.Parallel()
	shop, _ := twoServices(t)
	for _, page := range []string{"", "requests", "handlers", "handlers/one?kind=request&name=GET+/orders", "signals", "middleware", "routes", "queries", "commands", "slow", "alerts", "compare", "exceptions", "tasks", "health", "help", "requests?sort=duration&q=status:200"} {
		sep := "?"
		if strings.Contains(page, "?") {
			sep = "&"
		}
		res, body := shop.get("/_toolbar/" + page + sep + "service=shop")
		if res.StatusCode != http.StatusOK || !strings.Contains(body, "Only shop.") {
			t.Errorf("%s: status %d, and it does not say what is chosen", page, res.StatusCode)
		}
		kept, away := 0, []string{}
		for _, m := range hrefs.FindAllStringSubmatch(body, -1) {
			switch href := m[1]; {
			case strings.Contains(href, "/static/"):
			case strings.Contains(href, "service=shop"):
				kept++
			default:
				away = append(away, href)
			}
		}
		everything := 0
		for _, href := range away {
			if !strings.Contains(href, "service=mail") && !strings.Contains(href, "process=") {
				everything++ // in the chooser, and beside what is chosen
			}
		}
		if everything != 2 {
			t.Errorf("%s: of %q other links than the two to all services lose what is chosen", page, away)
		}
		if kept < 15 || len(away) > 5 {
			t.Errorf("%s: %d links keep the choice, %q do not", page, kept, away)
		}
		if strings.Count(body, `<input type="hidden" name="service" value="shop">`) == 0 {
			t.Errorf("%s: the search does not carry the choice on", page)
		}
	}
}

func TestServices_WithoutAChoiceThereIsAChooserIfThereAreSeveral(t *testing.T) {
	t.Parallel()
	alone := setup(t, toolbar.Config{Service: "alone"}, http.NotFoundHandler())
	if _, body := alone.get("/_toolbar/"); strings.Contains(body, "Services and processes") {
		t.Error("one process has a chooser")
	}
	shop, mail := twoServices(t)
	for _, b := range []*bundle{shop, mail} {
		_, body := b.get("/_toolbar/handlers?range=24h&kind=request")
		for _, part := range []string{"All services", `href="/_toolbar/handlers?kind=request&amp;range=24h&amp;service=mail%20%26%20post"`, "pid "} {
			if !strings.Contains(body, part) {
				t.Errorf("no %s in the chooser", part)
			}
		}
		if strings.Contains(body, "Only ") {
			t.Error("something is chosen")
		}
	}
}

func TestServices_OneThatIsNotThereLeadsBack(t *testing.T) {
	t.Parallel()
	shop, _ := twoServices(t)
	for query, says := range map[string]string{
		"service=gone":           "No process of a service &#34;gone&#34; has written to this store",
		"process=999":            "No process 999 has written to this store",
		"process=none":           "&#34;none&#34; is not the number of a process.",
		"service=shop&process=9": "No process 9 of the service &#34;shop&#34;",
	} {
		res, body := shop.get("/_toolbar/handlers?range=7d&" + query)
		if res.StatusCode != http.StatusNotFound || !strings.Contains(body, says) || !strings.Contains(body, `href="/_toolbar/handlers?range=7d"`) {
			t.Errorf("%s: status %d, want the words %q and a link back", query, res.StatusCode, says)
		}
		res, text := shop.get("/_toolbar/api/v1/handlers?" + query)
		var failed struct{ Error string }
		if err := json.Unmarshal([]byte(text), &failed); err != nil || res.StatusCode != http.StatusNotFound || !strings.Contains(failed.Error, "process") {
			t.Errorf("%s: the API says %d %s", query, res.StatusCode, text)
		}
		if res, _ := shop.get("/_toolbar/events?" + query); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: the stream answers %d", query, res.StatusCode)
		}
	}
}

func TestServices_ARecordIsShownWhateverIsChosen(t *testing.T) {
	t.Parallel()
	shop, _ := twoServices(t)
	var list struct{ Records []struct{ ID string } }
	shop.api("requests?service=shop", &list)
	res, body := shop.get("/_toolbar/requests/" + list.Records[0].ID + "?service=mail+%26+post")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "GET") || !strings.Contains(body, "/requests?service=mail&#43;%26&#43;post") && !strings.Contains(body, "service=mail") {
		t.Errorf("status %d: %s", res.StatusCode, body)
	}
}

// The stream tells of the process that answers: a list of another one does not grow by it.
func TestServices_TheStreamOfAnotherServiceIsQuiet(t *testing.T) {
	t.Parallel()
	shop, _ := twoServices(t)
	first := "0000000000001"
	if rows := shop.missed("/_toolbar/events?kind=request&service=shop&last=" + first); strings.Count(rows, "data-id=") != 5 {
		t.Errorf("the stream of the shop brings %s", rows)
	}
	rows := shop.missed("/_toolbar/events?kind=request&service=mail+%26+post&last=" + first)
	if strings.Count(rows, "data-id=") != 2 || strings.Contains(rows, "/orders") {
		t.Errorf("the stream of the mail brings %s", rows)
	}
}

func TestServices_ExceptionsAreCountedByService(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "toolbar.db")
	fails := func(text string) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(text) })
	}
	shop := setup(t, toolbar.Config{Path: file, Service: "shop"}, fails("out of clay"))
	mail := setup(t, toolbar.Config{Path: file, Service: "mail"}, fails("out of stamps"))
	for _, b := range []*bundle{shop, mail, mail} {
		if res, err := b.srv.Client().Get(b.srv.URL + "/x"); err == nil { // the connection is cut
			res.Body.Close()
		}
		b.flush()
	}
	type answer struct {
		Total      int
		Exceptions []struct {
			ID, Message string
			Count       int
		}
	}
	ps := processesOf(shop)
	for query, want := range map[string]string{
		"is=all":                                 "out of stamps 2, out of clay 1",
		"is=all&service=shop":                    "out of clay 1",
		"service=mail":                           "out of stamps 2",
		fmt.Sprintf("process=%d", ps["mail"].ID): "out of stamps 2",
	} {
		var got answer
		shop.api("exceptions?order=count&"+query, &got)
		var list []string
		for _, e := range got.Exceptions {
			list = append(list, fmt.Sprintf("%s %d", e.Message, e.Count))
		}
		if text := strings.Join(list, ", "); text != want || got.Total != len(list) {
			t.Errorf("%s: %s, %d in all, want %s", query, text, got.Total, want)
		}
		_, page := shop.get("/_toolbar/exceptions?" + query)
		if strings.Contains(page, "out of clay") != strings.Contains(want, "clay") || strings.Contains(page, "out of stamps") != strings.Contains(want, "stamps") {
			t.Errorf("%s: the page does not show %s", query, want)
		}
	}
	_, page := shop.get(fmt.Sprintf("/_toolbar/exceptions?process=%d", ps["mail"].ID))
	if !strings.Contains(page, "counted by service and not by process") || !strings.Contains(page, "the service mail") {
		t.Error("the page of a process does not say that its service is shown")
	}
}

// The signals of another program are those that it told of: who answers does not know them.
func TestServices_SignalsAreThoseOfTheChosenProgram(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "toolbar.db")
	db, err := sqlitefile.Open(file, sqlitefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	mail, err := store.Open(t.Context(), db, store.Options{Service: "mail"})
	if err != nil {
		t.Fatal(err)
	}
	defer mail.Close()
	told, err := json.Marshal([]signals.Description{{Name: "letter_posted", Receivers: []signals.ReceiverDescription{{Name: "stamp"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := mail.PutDocument(t.Context(), query.DocSignals, told); err != nil {
		t.Fatal(err)
	}
	shop := setup(t, toolbar.Config{Path: file, Service: "shop"}, http.NotFoundHandler())
	var list struct {
		Signals []struct {
			Name      string
			Receivers []struct{ Name string }
		}
	}
	shop.api("signals?service=mail", &list)
	if len(list.Signals) != 1 || list.Signals[0].Name != "letter_posted" || len(list.Signals[0].Receivers) != 1 {
		t.Errorf("of the mail: %+v", list.Signals)
	}
	shop.api("signals?service=shop", &list)
	for _, s := range list.Signals {
		if s.Name == "letter_posted" {
			t.Error("the shop has a signal of the mail")
		}
	}
}
