package toolbar_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

var recordingProof = regexp.MustCompile(`(?s)action="/_toolbar/recording".*?name="proof" value="([^"]+)"`)

func TestRecording_IsPausedAndResumedFromThePage(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, shop(t))
	state := func() (paused bool, page string) {
		var health struct{ Paused bool }
		b.api("health", &health)
		_, page = b.get("/_toolbar/requests")
		return health.Paused, page
	}
	for _, step := range []struct {
		do     string
		paused bool
	}{{"pause", true}, {"pause", true}, {"resume", false}} {
		_, health := b.get("/_toolbar/health")
		proof := recordingProof.FindStringSubmatch(health)
		if proof == nil {
			t.Fatal("the page Health has no form")
		}
		form := url.Values{"do": {step.do}, "proof": {proof[1]}, "back": {"/_toolbar/health"}}
		for name, bad := range map[string][]string{"another site": {"Sec-Fetch-Site", "same-site"}, "another origin": {"Origin", "http://localhost:3000"}} {
			before := b.tb.Recorder().Enabled()
			if status, _ := b.post("recording", form, bad...); status < 400 || b.tb.Recorder().Enabled() != before {
				t.Errorf("%s, %s: status %d", step.do, name, status)
			}
		}
		if status, _ := b.post("recording", form, "Sec-Fetch-Site", "same-origin"); status != http.StatusOK { // the page that it came from
			t.Fatalf("%s: status %d", step.do, status)
		}
		paused, page := state()
		if said := strings.Contains(page, "Recording is paused"); paused != step.paused || said != step.paused || b.tb.Recorder().Enabled() == step.paused {
			t.Errorf("after %s: paused %v, said on a page %v, recorder enabled %v", step.do, paused, said, b.tb.Recorder().Enabled())
		}
		res, _ := b.get("/orders/7")
		if recorded := res.Header.Get(toolbar.HeaderID) != ""; recorded == step.paused {
			t.Errorf("after %s: a request was recorded: %v", step.do, recorded)
		}
	}
	_, health := b.get("/_toolbar/health")
	for _, want := range []string{"pause", "resume"} {
		if !regexp.MustCompile(`<td>` + want + `</td>\s*<td class="wrap mono">recording</td>`).MatchString(health) {
			t.Errorf("the audit log has no %s", want)
		}
	}
	proof := recordingProof.FindStringSubmatch(health)[1]
	if status, _ := b.post("recording", url.Values{"do": {"stop"}, "proof": {proof}}, "Sec-Fetch-Site", "same-origin"); status != http.StatusBadRequest {
		t.Errorf("neither pause nor resume: status %d", status)
	}
}

func TestRecording_IsPausedByWhoMay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]toolbar.Config{
		"read only": {ReadOnly: true},
		"no right":  {May: func(_ *http.Request, a web.Action) bool { return a != web.ActRecording }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, c, shop(t))
			_, health := b.get("/_toolbar/health")
			if recordingProof.MatchString(health) {
				t.Error("the page offers it")
			}
			_, list := b.get("/_toolbar/requests")
			form := url.Values{"do": {"pause"}}
			if m := logsProof.FindStringSubmatch(list); m != nil {
				form.Set("proof", m[1])
			}
			if status, _ := b.post("recording", form, "Sec-Fetch-Site", "same-origin"); status != http.StatusForbidden || !b.tb.Recorder().Enabled() {
				t.Errorf("status %d, recording %v", status, b.tb.Recorder().Enabled())
			}
		})
	}
}
