package upstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/upstream/header"
	"github.com/sluice-gateway/sluice/upstream/share"
)

// Sharing says whether reads of different clients that are the same are sent once while they are under way.
type Sharing struct {
	// Enabled is true by default. Reads are the same if everything is that is sent, but for the trace and the id of the
	// request: so answers never pass from one caller to another whom the service could tell apart.
	Enabled bool `yaml:"enabled"`
	// Private shares answers that say that they are private or must not be stored, too (default false). An answer that
	// sets a cookie is never shared.
	Private bool `yaml:"private"`
	// JoinWithin is how old a call may be that a read joins (default 100ms; 0: any age). Later ones begin another call, whose
	// answer is for those too who wait for the late one: so one call that hangs does not make all hang.
	JoinWithin time.Duration `yaml:"join_within"`
}

// DefaultSharing returns the defaults.
func DefaultSharing() Sharing { return Sharing{Enabled: true, JoinWithin: 100 * time.Millisecond} }

func (s *Sharing) validate() error {
	if s.JoinWithin < 0 {
		return fmt.Errorf("join_within: must be >= 0 (got %v)", s.JoinWithin)
	}
	return nil
}

// sharing makes the reads of one client.
type sharing struct {
	group *share.Group[*Request, lent]
	heads sync.Pool // of *[]byte: the keys of requests
}

// newSharing returns what shares calls that are made by call.
func newSharing(cfg Sharing, call func(context.Context, *Request) (*Response, error)) *sharing {
	s := &sharing{heads: sync.Pool{New: func() any { return new([]byte) }}}
	s.group = share.New[*Request, lent](cfg.JoinWithin, func(ctx context.Context, r *Request) (lent, error) {
		resp, err := call(ctx, r)
		return lent{resp, cfg.Private}, err
	})
	return s
}

// do makes a call, or waits for the answer to the same one. identity is what the answer depends on that is not in r.
func (s *sharing) do(ctx context.Context, r *Request, identity func([]byte, map[string][]string) []byte) (*Response, error) {
	scratch, _ := s.heads.Get().(*[]byte)
	*scratch = appendHead((*scratch)[:0], r)
	if identity != nil {
		*scratch = identity(append(*scratch, "\n\n"...), r.Caller.Header) // no header is an empty line
	}
	l, err := s.group.Do(ctx, *scratch, r.Body, r)
	if cap(*scratch) <= 8<<10 {
		s.heads.Put(scratch)
	}
	var e *Error
	switch {
	case err == nil || errors.As(err, &e):
		return l.Response, err
	case errors.Is(err, share.ErrPanic):
		return nil, &Error{Code: CodeBroken, Err: err}
	}
	return nil, &Error{Code: CodeCanceled, Err: err}
}

// appendHead appends everything of a request that is sent, but for its body and what only tells one call from another.
func appendHead(dst []byte, r *Request) []byte {
	dst = append(append(dst, r.Method...), ' ')
	dst = append(append(dst, r.Host...), ' ')
	dst = append(dst, r.Path...)
	var room [16]string
	names := room[:0]
	for name := range r.Header {
		if !header.Flows(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range r.Header[name] { // neither names nor values have line feeds in them: they were checked
			dst = append(append(dst, '\n'), name...)
			dst = append(append(dst, ':'), v...)
		}
	}
	return dst
}

// lent is a response that may have several owners.
type lent struct {
	*Response
	private bool // the answer may be shared even if it says that it is private
}

// Split is part of [share.Result].
func (l lent) Split() (lent, bool) {
	if len(l.Header["Set-Cookie"]) > 0 || !l.private && isPrivate(l.Header["Cache-Control"]) {
		return lent{}, false
	}
	return lent{l.split(), l.private}, true
}

// isPrivate reports whether an answer is for one user, or for one use (RFC 9111, sections 5.2.2.5 and 5.2.2.7).
func isPrivate(values []string) bool {
	for _, v := range values {
		for directive := range strings.SplitSeq(v, ",") {
			name, _, _ := strings.Cut(directive, "=")
			if name = strings.TrimSpace(name); strings.EqualFold(name, "private") || strings.EqualFold(name, "no-store") {
				return true
			}
		}
	}
	return false
}
