package manage

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

func feedbackReport(st *store.Store, now func() time.Time) commands.Command {
	return commands.Command{
		Name:  "feedback-report",
		Help:  "Sum up what people wrote to the shop.",
		Group: "Reports",
		Setup: func(f *commands.Flags) commands.RunFunc {
			days := f.Int("days", 7, "report the last `days`")
			return func(ctx context.Context, run *commands.Run) error {
				if *days < 1 {
					return commands.Errorf("--days must be 1 or more, not %d", *days)
				}
				letters, err := st.FeedbackSince(ctx, now().AddDate(0, 0, -*days))
				if err != nil {
					return fmt.Errorf("read feedback: %w", err)
				}
				writeFeedback(run.Out, letters, *days)
				return nil
			}
		},
	}
}

func writeFeedback(out io.Writer, letters []store.Feedback, days int) {
	if len(letters) == 0 {
		fmt.Fprintf(out, "Nobody wrote in the last %d days.\n", days)
		return
	}
	var with [6]int // letters by number of stars
	sum := 0
	for _, l := range letters {
		with[l.Rating]++
		sum += l.Rating
	}
	fmt.Fprintf(out, "%d letters in the last %d days, %.1f stars on average\n\n", len(letters), days, float64(sum)/float64(len(letters)))
	for n := 5; n >= 1; n-- {
		fmt.Fprintf(out, "%-5s %d\n", strings.Repeat("*", n), with[n])
	}
	fmt.Fprintln(out)
	for _, l := range letters {
		fmt.Fprintf(out, "%s  %-5s  %s: %s\n", l.At.Format(time.DateOnly), strings.Repeat("*", l.Rating), l.Name, l.Message)
	}
}
