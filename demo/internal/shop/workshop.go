package shop

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/neighbours"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

const (
	firingKept     = time.Minute
	defaultFirings = 2 * time.Second // a page does not wait longer for a date
)

// firing asks the workshop when the next kiln with such pieces is opened. The page goes without the answer when there is none.
func (s *Shop) firing(ctx context.Context, shape string) (opens time.Time) {
	f, err := recall(ctx, s.firings, firingKey(shape), firingKept, func() (f neighbours.Firing, err error) {
		ctx, cancel := context.WithTimeout(ctx, s.firingWait)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, neighbours.Workshop+"/firings/"+url.PathEscape(shape), nil)
		if err != nil {
			return f, err
		}
		err = s.ask(req, &f)
		return f, err
	})
	if err != nil {
		s.log.WarnContext(ctx, "the workshop does not answer", slog.String("logger", "kilns"), slog.Any("error", err))
	}
	return f.Opens
}

func firingKey(shape string) string { return "firing:" + shape }

// forgetFiring has the workshop asked anew when more is ordered of a shape: it may fire earlier.
func (s *Shop) forgetFiring(ctx context.Context, e signals.Event[LowStock]) error {
	return s.firings.Delete(ctx, firingKey(e.Payload.Product.Shape))
}
