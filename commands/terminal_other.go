//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package commands

import "os"

// terminalWidth is that of an ordinary terminal when f is a device, because this
// system is not asked; 0 when f is a file or a pipe.
func terminalWidth(f *os.File) int {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return 0
	}
	return 80
}
