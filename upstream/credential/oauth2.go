package credential

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
)

// oauth2 sends a token of the gateway's own.
type oauth2 struct {
	owner  *owner
	grant  *grant
	keeper keeper
}

func newOAuth2(o *Options, c *OAuth2) *oauth2 {
	p := &oauth2{owner: newOwner(o), grant: c.grant()}
	p.grant.open(o)
	p.keeper.owner = p.owner
	return p
}

func (p *oauth2) apply(ctx context.Context, r *Request) error {
	t, err := p.keeper.get(ctx, p.fetch)
	if err != nil {
		return err
	}
	r.Header[authorization] = t.header
	return nil
}

func (p *oauth2) fetch(ctx context.Context) (*token, error) { return p.grant.fetch(ctx, "") }

func (p *oauth2) refused(r *Request) bool { return p.keeper.refused(r.Header[authorization]) }

func (p *oauth2) close() {
	p.owner.close()
	p.grant.close()
}

const defaultCacheSize = 10_000

// exchange sends a token that was had in exchange for the client's.
type exchange struct {
	owner     *owner
	grant     *grant
	anonymous bool
	size      int

	mu     sync.Mutex // guards the fields below
	bySub  map[subject]*list.Element
	recent *list.List // of *kept, the one used last in front
}

// subject is the hash of a client's token: the tokens themselves are kept no longer than they are needed.
type subject [sha256.Size]byte

type kept struct {
	keeper
	subject subject
}

func newExchange(o *Options, c *TokenExchange) *exchange {
	p := &exchange{
		owner: newOwner(o), grant: c.grant(), anonymous: c.Anonymous, size: c.CacheSize,
		bySub: map[subject]*list.Element{}, recent: list.New(),
	}
	if p.size == 0 {
		p.size = defaultCacheSize
	}
	p.grant.open(o)
	return p
}

var errAnonymous = errors.New("token: the client sent no bearer token to exchange")

func (p *exchange) apply(ctx context.Context, r *Request) error {
	client, ok := bearer(r.Caller)
	if !ok {
		if !p.anonymous {
			return errAnonymous
		}
		delete(r.Header, authorization) // what a rule may have forwarded was not meant for this service
		return nil
	}
	t, err := p.keeper(sha256.Sum256([]byte(client))).get(ctx, func(ctx context.Context) (*token, error) {
		return p.grant.fetch(ctx, client)
	})
	if err != nil {
		return err
	}
	r.Header[authorization] = t.header
	return nil
}

// keeper returns the keeper for a client, and forgets the one that was not used for longest if there are too many.
func (p *exchange) keeper(s subject) *keeper {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.bySub[s]; e != nil {
		p.recent.MoveToFront(e)
		return &e.Value.(*kept).keeper //nolint:errcheck // the list holds nothing else
	}
	k := &kept{keeper: keeper{owner: p.owner}, subject: s}
	p.bySub[s] = p.recent.PushFront(k)
	if len(p.bySub) > p.size {
		last := p.recent.Back()
		p.recent.Remove(last)
		delete(p.bySub, last.Value.(*kept).subject) //nolint:errcheck // as above
	}
	return &k.keeper
}

func (p *exchange) refused(r *Request) bool {
	client, ok := bearer(r.Caller)
	if !ok {
		return false
	}
	return p.keeper(sha256.Sum256([]byte(client))).refused(r.Header[authorization])
}

func (p *exchange) close() {
	p.owner.close()
	p.grant.close()
}

// bearer returns the bearer token of a client's request (RFC 6750, section 2.1).
func bearer(header map[string][]string) (string, bool) {
	v := header[authorization]
	if len(v) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(v[0], " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "bearer") && token != ""
}
