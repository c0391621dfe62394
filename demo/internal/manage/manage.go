// Package manage holds the shop's commands: what its people run by hand or by cron. One file holds one command.
package manage

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// New makes the commands of the shop kept in st. now is the clock; nil = time.Now.
func New(st *store.Store, now func() time.Time) *commands.Root {
	if now == nil {
		now = time.Now
	}
	root := commands.New("manage")
	root.Add(seed(st), cleanupOldRecords(st, now), feedbackReport(st, now))
	root.Add(importProducts(st), setPrice(st), signalPerformance(st))
	return root
}
