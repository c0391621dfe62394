//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package commands

import (
	"os"
	"syscall"
	"unsafe"
)

// terminalWidth is how many columns the terminal has that f is; 0 when f is none.
// A terminal that does not know has 80.
func terminalWidth(f *os.File) int {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	var size struct{ rows, cols, x, y uint16 }
	failed := true
	err = conn.Control(func(fd uintptr) {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
		failed = errno != 0
	})
	if err != nil || failed {
		return 0
	}
	if size.cols == 0 {
		return 80
	}
	return int(size.cols)
}
