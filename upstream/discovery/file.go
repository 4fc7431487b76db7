package discovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxListBytes is how much of a list is read, from a file or a URL.
const maxListBytes = 2 << 20

// settle is how long a file that has changed must stay as it is before it is believed: whoever writes it in place may be
// in the middle, and half of a list often is a list.
const settle = 50 * time.Millisecond

// file reads the list in a file whenever its content has changed.
//
// The content is read and compared at every look, instead of waiting for a notification of the system: the list may be
// replaced by a rename, or by the swap of a symbolic link some folders up, as Kubernetes does it, and it may be on a file
// system that notifies of nothing. A look costs a few microseconds.
type file struct {
	path string
	// What was read last, and what became of it. A bad list is not parsed again at every look.
	text []byte
	list []Address
	err  error
	good bool
}

func newFile(cfg File) *poller {
	f := &file{path: cfg.Path}
	return &poller{name: "file " + cfg.Path, interval: cfg.Interval, timeout: 10 * time.Second, look: f.look}
}

func (f *file) look(ctx context.Context) (answer, error) {
	text, err := readList(f.path)
	if err != nil {
		return answer{}, err
	}
	if f.text != nil && bytes.Equal(text, f.text) {
		return f.answer()
	}
	for {
		if err := pause(ctx, settle); err != nil {
			return answer{}, errors.New("the file does not come to rest")
		}
		again, err := readList(f.path)
		if err != nil {
			return answer{}, err
		}
		if bytes.Equal(text, again) {
			break
		}
		text = again
	}
	parse := parseYAML
	if strings.EqualFold(filepath.Ext(f.path), ".json") {
		parse = parseJSON
	}
	f.text, f.good = text, false
	f.list, f.err = parse(text)
	return f.answer()
}

// answer is what the text that was read last amounts to.
func (f *file) answer() (answer, error) {
	if f.good {
		return answer{unchanged: true}, nil
	}
	return answer{addresses: slices.Clone(f.list), accepted: func() { f.good = true }}, f.err
}

func readList(path string) ([]byte, error) {
	// To open a pipe would wait for whoever writes to it.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(f)
}

func readBounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxListBytes+1))
	if err == nil && len(text) > maxListBytes {
		err = fmt.Errorf("the list has more than %d bytes, which is all that is read", maxListBytes)
	}
	return text, err
}

// pause waits, and returns the error of ctx if that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
