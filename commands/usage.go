package commands

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// usage is what the process used: all of it, also what ran beside the command.
type usage struct {
	cpu  time.Duration
	peak int64 // bytes of memory
}

// since is what was used after an earlier reading. The peak is that since the
// process began.
func (u usage) since(before usage) usage { return usage{u.cpu - before.cpu, u.peak} }

func (u usage) attrs() []instrument.Attr {
	if u.peak == 0 { // the system does not say
		return nil
	}
	return []instrument.Attr{keyCPU.Duration(u.cpu), keyPeak.Int64(u.peak)}
}
