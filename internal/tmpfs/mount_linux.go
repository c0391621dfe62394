package tmpfs

import (
	"fmt"
	"syscall"
)

func (d Dir) mount(size int) error {
	return syscall.Mount("tmpfs", string(d), "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, fmt.Sprintf("size=%d,mode=0755", size))
}

func (d Dir) remount(readOnly bool) error {
	flags := uintptr(syscall.MS_REMOUNT)
	if readOnly {
		flags |= syscall.MS_RDONLY
	}
	return syscall.Mount("tmpfs", string(d), "tmpfs", flags, "")
}

func (d Dir) unmount() error { return syscall.Unmount(string(d), syscall.MNT_DETACH) }
