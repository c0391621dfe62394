package tasks

import "context"

// Beat writes a heartbeat now.
func Beat(ctx context.Context, c *Client) error {
	return c.announce(ctx)
}

// Sample samples the queues now.
func Sample(ctx context.Context, c *Client) error { return c.sample(ctx) }

// ReportStuck reports the job that ctx runs in as stuck now.
func ReportStuck(ctx context.Context) { attemptOf(ctx).reportStuck() }
