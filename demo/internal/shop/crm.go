package shop

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// crm keeps when each customer was last heard of, for the people who write the newsletter.
//
// This is the other deliberate bug: nobody makes the map, so the first contact panics.
type crm struct {
	lastSeen map[string]time.Time
}

// touch notes that a customer was heard of.
func (c *crm) touch(u store.User, at time.Time) {
	c.lastSeen[u.Email] = at
}
