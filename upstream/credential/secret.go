package credential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lookEvery is how often a file is looked at, while it is in use, whether it has changed.
	lookEvery = time.Second
	// maxFile limits what is read of a file.
	maxFile = 64 << 10
)

// secret is something that is made of a text that is given, or of a file that may change.
type secret[T any] struct {
	path  string // empty: there is only what was given
	parse func(text []byte) (T, error)
	now   func() time.Time

	current atomic.Pointer[loaded[T]]
	next    atomic.Int64 // when to look at the file again, in nanoseconds of the clock
	mu      sync.Mutex   // held while the file is looked at
}

// loaded is what a file had in it.
type loaded[T any] struct {
	value T
	info  os.FileInfo // nil if it was given
}

// newSecret returns a secret of a text, or of a file if there is no text. The text was checked; parse does not fail for it.
func newSecret[T any](o *Options, text, path string, parse func([]byte) (T, error)) *secret[T] {
	s := &secret[T]{path: path, parse: parse, now: o.Now}
	if path == "" {
		v, err := parse([]byte(text))
		if err == nil {
			s.current.Store(&loaded[T]{value: v})
		}
	}
	return s
}

// get returns the secret. A file that cannot be read leaves what was read before.
func (s *secret[T]) get() (T, error) {
	l := s.current.Load()
	if s.path == "" {
		if l == nil {
			var none T
			return none, errors.New("the secret cannot be used")
		}
		return l.value, nil
	}
	now := s.now().UnixNano()
	if l != nil {
		if now < s.next.Load() || !s.mu.TryLock() { // another goroutine looks, and this one need not wait
			return l.value, nil
		}
	} else {
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	if l = s.current.Load(); l != nil && now < s.next.Load() {
		return l.value, nil
	}
	s.next.Store(now + int64(lookEvery))
	fresh, err := s.load(l)
	switch {
	case err == nil:
		s.current.Store(fresh)
		return fresh.value, nil
	case l != nil:
		return l.value, nil
	}
	var none T
	return none, err
}

// load reads the file, unless it is the one that was read. The errors tell of the file and not of what is in it.
func (s *secret[T]) load(old *loaded[T]) (*loaded[T], error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	if old != nil && os.SameFile(old.info, info) && old.info.Size() == info.Size() && old.info.ModTime().Equal(info.ModTime()) {
		return old, nil
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	text = bytes.TrimRight(text, " \t\r\n")
	if len(text) == 0 || len(text) > maxFile {
		return nil, fmt.Errorf("secret: %s: must have between 1 and %d bytes", s.path, maxFile)
	}
	v, err := s.parse(text)
	if err != nil {
		return nil, fmt.Errorf("secret: %s: %w", s.path, err)
	}
	return &loaded[T]{v, info}, nil
}

var errControl = errors.New("must have no control characters")

// parseText takes a secret as it is.
func parseText(text []byte) (string, error) {
	if !isFieldValue(string(text)) {
		return "", errControl
	}
	return string(text), nil
}
