// Package webhook posts Notifications to addresses that the app names: as JSON, or in the
// form that chats take. It is the only part of the toolbar that asks another machine for
// anything, and is linked by those alone who use it.
package webhook

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
)

// Options are settings of what posts Notifications. The zero value is of use.
type Options struct {
	// Header goes with each request: an Authorization, for instance.
	Header http.Header
	// Timeout bounds each try. 0: 5 seconds.
	Timeout time.Duration
	// Tries is how often a Notification is tried, when the network, a 429 or a 5xx is in the
	// way. Between them is time: one second, two, four and so on, or what Retry-After
	// says, 30 seconds at most. 0: 4.
	Tries int
}

// Defaults and bounds of [Options].
const (
	defaultTry   = 5 * time.Second
	defaultTries = 4
	maxWait      = 30 * time.Second
	maxReply     = 4 << 10 // bytes of an answer that are read
	maxSaid      = 200     // of which an error says as much
)

// JSON makes a Func that posts each Notification as JSON to an address. The error says
// what is wrong with the address without repeating it: there is often a secret in it, so
// that nothing logs, shows or returns it. It has a client of its own, so that its requests
// are not recorded as the app's; it follows no redirects.
func JSON(address string, o Options) (notify.Func, error) {
	p, err := newPost(address, o)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, n notify.Notification) error {
		body, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("encode a notification: %w", err)
		}
		return p.send(ctx, body)
	}, nil
}

// Chat makes a Func that posts each Notification as {"text": ...}, which is the form of
// incoming webhooks of Slack, Mattermost, Rocket.Chat, and of Discord with /slack at the end
// of the address. Texts of the app are escaped: they cannot call people or make links. Apart
// from that it is like [JSON].
func Chat(address string, o Options) (notify.Func, error) {
	p, err := newPost(address, o)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, n notify.Notification) error {
		body, err := json.Marshal(struct {
			Text string `json:"text"`
		}{chatText(&n)})
		if err != nil {
			return fmt.Errorf("encode a notification: %w", err)
		}
		return p.send(ctx, body)
	}, nil
}

// post posts to one address.
type post struct {
	url    *url.URL
	o      Options
	client *http.Client
}

func newPost(address string, o Options) (*post, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("webhook: the address is not one of http or https: give the whole address of the webhook, like https://hooks.example.com/services/...")
	}
	if o.Timeout < 0 || o.Tries < 0 {
		return nil, errors.New("webhook: Options.Timeout or Tries is negative: use 0 for the default")
	}
	o.Timeout, o.Tries = cmp.Or(o.Timeout, defaultTry), cmp.Or(o.Tries, defaultTries)
	o.Header = o.Header.Clone()
	return &post{u, o, &http.Client{
		// Not http.DefaultTransport, which an app may have put a tap around.
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       o.Timeout,
	}}, nil
}

// send posts, several times if need be.
func (p *post) send(ctx context.Context, body []byte) error {
	pause := time.Second
	for try := 1; ; try++ {
		wait, err := p.once(ctx, body)
		if err == nil {
			return nil
		}
		err = fmt.Errorf("post to %s: %w", p.url.Host, err)
		if wait < 0 || try >= p.o.Tries {
			return err
		}
		select {
		case <-time.After(min(max(wait, pause), maxWait)):
			pause *= 2
		case <-ctx.Done():
			return err
		}
	}
}

// final is the wait of a failure that another try would not mend.
const final = -1

// once tries once and says how long to wait for the next try, if that makes sense.
func (p *post) once(ctx context.Context, body []byte) (wait time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url.String(), bytes.NewReader(body))
	if err != nil {
		return final, errors.New("the request cannot be made")
	}
	for name, values := range p.o.Header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "go-debug-toolbar")
	answer, err := p.client.Do(r)
	if err != nil {
		if inner := (*url.Error)(nil); errors.As(err, &inner) {
			err = inner.Err // which does not name the address
		}
		return 0, err
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxReply))
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return 0, nil
	case code == http.StatusTooManyRequests || code >= 500:
		return retryAfter(answer.Header.Get("Retry-After")), p.refused(answer.Status, said)
	default:
		return final, p.refused(answer.Status, said)
	}
}

// retryAfter is what the header says, in either form.
func retryAfter(text string) time.Duration {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 {
		return time.Duration(min(seconds, maxWait.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

// refused is an answer as an error, without what the server repeats of the address.
func (p *post) refused(status string, said []byte) error {
	text := strings.Join(strings.Fields(string(bytes.ToValidUTF8(said, nil))), " ")
	for _, secret := range p.secrets() {
		if len(secret) >= 6 {
			text = strings.ReplaceAll(text, secret, "•••")
		}
	}
	if text == "" {
		return errors.New(status)
	}
	return fmt.Errorf("%s: %s", status, head(text, maxSaid))
}

// secrets are what of the address and the headers nobody needs to see.
func (p *post) secrets() []string {
	list := append(strings.Split(p.url.EscapedPath(), "/"), p.url.RawQuery, p.url.User.String())
	for _, values := range p.o.Header {
		for _, v := range values {
			list = append(append(list, v), strings.Fields(v)...) // "Bearer" and what comes behind it
		}
	}
	return list
}
