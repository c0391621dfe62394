package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var example = notify.Notification{
	State: notify.Began, At: time.Date(2026, 5, 4, 12, 5, 0, 0, time.UTC), Since: time.Date(2026, 5, 4, 12, 1, 0, 0, time.UTC),
	Condition: notify.Condition{Rule: "handler-fails", Severity: notify.Error, Title: "receiver ship fails", Kind: "receiver", Handler: "ship", Count: 3, Of: 40},
	URL:       "https://shop.test/_toolbar/alerts", Service: "shop", Host: "web-1", Build: "abc123",
}

// inbox is a webhook's other end.
type inbox struct {
	*httptest.Server
	bodies  []string
	headers []http.Header
	status  int
	says    string
}

func newInbox(t *testing.T) *inbox {
	in := &inbox{status: http.StatusOK}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		in.bodies, in.headers = append(in.bodies, string(body)), append(in.headers, r.Header)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(in.status)
		_, _ = io.WriteString(w, in.says)
	}))
	t.Cleanup(in.Close)
	return in
}

func TestJSON_PostsTheNotificationAsJSON(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	send, err := JSON(in.URL+"/hook", Options{Header: http.Header{"Authorization": {"Bearer s3cret"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t.Context(), example); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(in.bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"state": "began", "rule": "handler-fails", "severity": "error", "handler": "ship", "kind": "receiver", "count": 3.0, "of": 40.0,
		"since": "2026-05-04T12:01:00Z", "url": "https://shop.test/_toolbar/alerts", "service": "shop", "build": "abc123",
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	if h := in.headers[0]; h.Get("Content-Type") != "application/json" || h.Get("Authorization") != "Bearer s3cret" {
		t.Errorf("the headers are %v", h)
	}
}

func TestChat_PostsOneTextThatNobodyIsCalledBy(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	send, err := Chat(in.URL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := example
	n.Title = "new panic in GET /: <!channel> @everyone [free](http://evil.test) *`"
	n.Text = "line one\nline two\x1b[31m & more"
	if err := send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	var got struct{ Text string }
	if err := json.Unmarshal([]byte(in.bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<", "@e", "](", "evil://", "http://", "`", "\x1b"} {
		if strings.Contains(got.Text, bad) {
			t.Errorf("it has %q:\n%s", bad, got.Text)
		}
	}
	for _, want := range []string{"🔴 *[shop] new panic", "line one line two", "&amp; more", "3 of 40", "since 12:01:00 UTC", "host web-1", "\nhttps://shop.test/_toolbar/alerts"} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("it lacks %q:\n%s", want, got.Text)
		}
	}
	n.State = notify.Ended
	if text := chatText(&n); !strings.HasPrefix(text, "🟢 *[shop] Ended: ") {
		t.Errorf("its end is told as %s", text)
	}
	n.Title, n.Text = strings.Repeat("a&", notify.MaxText), strings.Repeat("b@", notify.MaxText)
	if text := chatText(&n); len(text) > 3*maxChat {
		t.Errorf("a long one has %d bytes", len(text))
	}
}

func TestPost_NeverRepeatsItsAddress(t *testing.T) {
	t.Parallel()
	const token = "T0K3NT0K3N"
	for _, address := range []string{"ftp://hooks.test/" + token, "hooks.test/" + token, "https:///" + token, "http://%zz/" + token} {
		if _, err := JSON(address, Options{}); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", address, err)
		}
	}
	in := newInbox(t)
	in.status, in.says = http.StatusNotFound, "no service for\n"+token+" and s3cretkey"
	send, err := Chat(in.URL+"/services/"+token+"?key="+token, Options{Header: http.Header{"Authorization": {"Bearer s3cretkey"}}})
	if err != nil {
		t.Fatal(err)
	}
	refused := send(t.Context(), example)
	in.Close()
	once, err := JSON(in.URL+"/services/"+token, Options{Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	unreachable := once(t.Context(), example)
	for _, err := range []error{refused, unreachable} {
		if err == nil || strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "s3cretkey") || !strings.Contains(err.Error(), "post to 127.0.0.1") {
			t.Errorf("the error is %v", err)
		}
	}
	if !strings.Contains(refused.Error(), "404") || !strings.Contains(refused.Error(), "no service for •••") || len(in.bodies) != 1 {
		t.Errorf("after %d tries: %v", len(in.bodies), refused)
	}
}

func TestPost_FollowsNoRedirect(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.status = http.StatusTemporaryRedirect
	send, err := JSON(in.URL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t.Context(), example); err == nil || len(in.bodies) != 1 {
		t.Errorf("%d requests: %v", len(in.bodies), err)
	}
}

// roundTrip stands for the network, in tests whose time is not that of the clock.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestPost_TriesAgainAsLongAsItMakesSense(t *testing.T) {
	t.Parallel()
	answer := func(status int, retryAfter string) func() (*http.Response, error) {
		return func() (*http.Response, error) {
			return &http.Response{
				StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Retry-After": {retryAfter}}, Body: http.NoBody,
			}, nil
		}
	}
	broken := func() (*http.Response, error) { return nil, errors.New("connection refused") }
	for name, c := range map[string]struct {
		answers []func() (*http.Response, error) // the last one for ever
		took    time.Duration
		tries   int
		fine    bool
	}{
		"at once":                   {[]func() (*http.Response, error){answer(204, "")}, 0, 1, true},
		"a second and two":          {[]func() (*http.Response, error){answer(503, ""), broken, answer(200, "")}, 3 * time.Second, 3, true},
		"when it is asked to":       {[]func() (*http.Response, error){answer(429, "7"), answer(200, "")}, 7 * time.Second, 2, true},
		"not in an hour":            {[]func() (*http.Response, error){answer(429, "3600"), answer(200, "")}, maxWait, 2, true},
		"not for ever":              {[]func() (*http.Response, error){answer(500, "")}, 7 * time.Second, 4, false},
		"not what will not do":      {[]func() (*http.Response, error){answer(400, "")}, 0, 1, false},
		"not by a date in the past": {[]func() (*http.Response, error){answer(429, "Fri, 31 Dec 1999 23:59:59 GMT"), answer(200, "")}, time.Second, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, err := newPost("https://hooks.test/x", Options{})
				if err != nil {
					t.Fatal(err)
				}
				tries := 0
				p.client.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
					tries++
					return c.answers[min(tries, len(c.answers))-1]()
				})
				began := time.Now()
				err = p.send(t.Context(), []byte("{}"))
				if took := time.Since(began); took != c.took || tries != c.tries || (err == nil) != c.fine {
					t.Errorf("after %s and %d tries: %v", took, tries, err)
				}
			})
		})
	}
}

func TestPost_StopsWaitingWhenNobodyWaitsForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, err := newPost("https://hooks.test/x", Options{})
		if err != nil {
			t.Fatal(err)
		}
		p.client.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") })
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		began := time.Now()
		if err := p.send(ctx, nil); err == nil || time.Since(began) != 1500*time.Millisecond {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}
