package manage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals/monitor"
)

// signalPerformance asks the running shop: what its receivers did is known in that process alone.
func signalPerformance(*store.Store) commands.Command {
	return commands.Command{
		Name:  "signal_performance",
		Help:  "Tell how the receivers of signals do in the running shop.",
		Group: "Housekeeping",
		Setup: func(f *commands.Flags) commands.RunFunc {
			threshold := f.Duration("threshold", time.Second, "what takes longer than this `duration` is slow")
			shop := f.String("shop", "http://127.0.0.1:8080", "`address` of the running shop")
			return func(ctx context.Context, run *commands.Run) error {
				at := *shop + "/internal/signal-performance?" + url.Values{"threshold": {threshold.String()}}.Encode()
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
				if err != nil {
					return commands.Errorf("--shop: %v", err)
				}
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					return fmt.Errorf("ask the shop: is it open? %w", err)
				}
				defer res.Body.Close()
				var report monitor.Report
				if err := json.NewDecoder(res.Body).Decode(&report); res.StatusCode != http.StatusOK || err != nil {
					return fmt.Errorf("%s answered %s: is that the shop?", at, res.Status)
				}
				_, err = report.WriteTo(run.Out)
				return err
			}
		},
	}
}
