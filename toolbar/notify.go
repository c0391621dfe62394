package toolbar

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// NotifyStats is the account of what Config.Notify was given; zero without one.
func (t *Toolbar) NotifyStats() notify.Stats { return t.notifier.Stats() }

// newNotifier makes the notifier; nil without Config.Notify, and when nothing is recorded.
func (t *Toolbar) newNotifier() (*notify.Notifier, error) {
	c := &t.config
	if c.Notify == nil || t.unwritten != nil {
		return nil, nil
	}
	self := t.store.Self()
	n := notify.Config{
		Notify: c.Notify, Quiet: c.NotifyQuiet, Service: self.Service, Host: self.Host, Build: self.Build.Name(),
		Look: func(ctx context.Context, since time.Time) ([]notify.Condition, error) {
			// What the last seconds brought is not in the statistics yet.
			if err := t.collector.Flush(ctx); err != nil {
				return nil, err
			}
			return t.dashboard.Conditions(ctx, since, self)
		},
		Path: t.dashboard.AlertsPath(),
	}
	if c.PublicURL != "" {
		n.Link = func(path string) string { return strings.TrimSuffix(c.PublicURL, "/") + path }
	}
	return notify.New(n)
}

// validatePublic says what is wrong with Config.PublicURL, without repeating it.
func (c Config) validatePublic() error {
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("toolbar: Config.PublicURL must be an address without user, query and fragment, like %q", "https://shop.example.com")
	}
	return nil
}

// notifierStatus is what the health page shows of it; nil without one.
func (t *Toolbar) notifierStatus() *web.NotifierStatus {
	if t.notifier == nil {
		return nil
	}
	s := t.notifier.Stats()
	return &web.NotifierStatus{
		Sent: s.Sent, Failed: s.Failed, Dropped: s.Dropped + s.Forgotten, Quieted: s.Quieted, Waiting: s.Waiting,
		LastSent: s.LastSent, LastLook: s.LastLook, LastError: t.config.Mask.Text(s.LastError), LastErrorAt: s.ErrorAt,
	}
}
