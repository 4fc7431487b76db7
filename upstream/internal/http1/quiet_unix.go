//go:build unix

package http1

import "syscall"

// isQuiet reports whether a socket is open and holds no bytes, by looking at the next one without taking it.
func isQuiet(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return err == syscall.EAGAIN || err == syscall.EINTR
}
