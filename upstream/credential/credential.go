// Package credential lets a service know who calls it: static headers, a user name and a password, tokens of an
// authorization server, signatures. It has the secrets, reads the files that they are in, and keeps the tokens; it knows
// requests as they go out, and nothing of endpoints, retries and GraphQL.
//
// The clients in upstream apply the credentials of their service to each attempt, after all rules for headers. No secret
// is part of an error, a log or a text of this package.
package credential

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ErrUnavailable is what every error of [Credentials.Apply] wraps: there is no credential, and nothing was sent.
var ErrUnavailable = errors.New("no credential")

// Request is one attempt as it goes out.
type Request struct {
	Method string
	Scheme string // http or https
	Host   string // the Host header
	Target string // the encoded path and query, with the path of the endpoint
	Header http.Header
	Body   []byte
	// Streamed: the body is not known yet, so that a signature cannot cover it.
	Streamed bool
	// Caller are the headers of the client's request, names in canonical form.
	Caller map[string][]string
}

// provider is one way for a service to know who calls.
type provider interface {
	// apply adds to the headers of r, which belong to this attempt alone. It may wait for a token as long as ctx allows. It
	// is called from any number of goroutines at once.
	apply(ctx context.Context, r *Request) error
	// refused is told that the service answered 401 to what apply made of r. It reports whether another try makes sense,
	// as the credential will be another one then.
	refused(r *Request) bool
	// close ends what runs for the provider and waits for it.
	close()
}

// Options is what credentials get from the program around them.
type Options struct {
	// Now is the time; nil: that of the clock.
	Now func() time.Time
}

// Credentials are those of one service. They are safe for concurrent use; nil are none.
type Credentials struct {
	providers []provider
	perCaller bool
}

// New makes credentials ready. It reads no files and calls nobody; what is in files is read when it is first needed. The
// error is what [Config.Validate] finds. No credentials are nil. They are closed with [Credentials.Close].
func New(cfg *Config, o Options) (*Credentials, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Credentials{}
	for i := range cfg.Headers {
		c.providers = append(c.providers, newStatic(&o, &cfg.Headers[i]))
	}
	if given(&cfg.Basic) {
		c.providers = append(c.providers, newBasic(&o, &cfg.Basic))
	}
	if given(&cfg.OAuth2) {
		c.providers = append(c.providers, newOAuth2(&o, &cfg.OAuth2))
	}
	if given(&cfg.TokenExchange) {
		c.providers, c.perCaller = append(c.providers, newExchange(&o, &cfg.TokenExchange)), true
	}
	// Signatures come last: they may cover what the others add.
	if given(&cfg.HMAC) {
		c.providers = append(c.providers, newSigner(&o, &cfg.HMAC))
	}
	if given(&cfg.AWS) {
		c.providers = append(c.providers, newAWS(&o, &cfg.AWS))
	}
	if len(c.providers) == 0 {
		return nil, nil //nolint:nilnil // no credentials are a value, which callers need not tell from others
	}
	return c, nil
}

// Apply adds the credentials to the headers of an attempt, which must belong to it alone. It is called for each attempt,
// and may block as long as ctx allows where a token has to be fetched. Every error wraps [ErrUnavailable] and holds no
// secret. Nil credentials do nothing.
func (c *Credentials) Apply(ctx context.Context, r *Request) error {
	if c == nil {
		return nil
	}
	for _, p := range c.providers {
		if err := p.apply(ctx, r); err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	return nil
}

// Refused is called when a service answered 401 to an attempt whose headers Apply made. It reports whether one more
// attempt makes sense because the credential that was refused will be replaced: it is the caller who sees to it that
// there is no more than one.
func (c *Credentials) Refused(r *Request) bool {
	if c == nil {
		return false
	}
	again := false
	for _, p := range c.providers {
		again = p.refused(r) || again
	}
	return again
}

// AppendIdentity appends what of the client's headers the credentials depend on, by which answers for one caller are
// told from those for another.
func (c *Credentials) AppendIdentity(dst []byte, caller map[string][]string) []byte {
	if c == nil || !c.perCaller {
		return dst
	}
	for _, v := range caller["Authorization"] {
		dst = append(append(dst, v...), '\n')
	}
	return dst
}

// Close ends what runs for the credentials and waits for it. It may be called twice.
func (c *Credentials) Close() {
	if c == nil {
		return
	}
	for _, p := range c.providers {
		p.close()
	}
}
