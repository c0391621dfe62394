package commands

import (
	"context"
	"fmt"
)

// Configure sets what is done before a command of a command line runs: read settings,
// open the database. It adds the option --config to every command; file is its value,
// "" when it was not given. Help and completion work without it, so that an error in
// the configuration does not hide how the program is used.
func Configure(fn func(ctx context.Context, file string) error) Option {
	return func(r *Root) { r.configure = fn }
}

// configured has the program configured first.
func (inv *invocation) configured(fn RunFunc) RunFunc {
	configure := inv.root.configure
	if configure == nil || !inv.cli && inv.base.config == "" {
		return fn
	}
	return func(ctx context.Context, run *Run) error {
		if err := configure(ctx, inv.base.config); err != nil {
			return fmt.Errorf("configure: %w", err)
		}
		return fn(ctx, run)
	}
}
