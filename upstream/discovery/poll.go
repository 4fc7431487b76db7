package discovery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

const (
	// maxAddresses is far beyond any service that calls are balanced over one by one.
	maxAddresses = 10_000
	// jitter is by how much of itself a time of waiting is made shorter or longer, so that many gateways which started
	// together do not go on asking together.
	jitter = 0.1
	// firstRetry is how soon it is asked again after the first failure. It doubles with each further one, up to the
	// interval.
	firstRetry = time.Second
)

var errEmpty = errors.New("the list is empty, which is not believed: the last one stays (allow_empty would take it)")

// answer is what was found in one look.
type answer struct {
	addresses []Address
	// unchanged: what was found before still holds, and addresses says nothing.
	unchanged bool
	// next is when to look again; 0: after the interval.
	next time.Duration
	// why says why there are no addresses, if that is known.
	why error
	// accepted is called if addresses is a good list. May be nil.
	accepted func()
}

// poller is a source that looks again and again.
type poller struct {
	name       string // as Options.Problem is told
	interval   time.Duration
	timeout    time.Duration // of one look
	look       func(ctx context.Context) (answer, error)
	close      func() // after the last look, if anything has to be closed
	allowEmpty bool
	problem    func(source string, err error)
}

func (p *poller) Run(ctx context.Context, update func([]Address)) error {
	if p.close != nil {
		defer p.close()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	var (
		last  []Address
		told  bool   // whether there was a good list
		wrong string // the error that was told last
		retry = firstRetry
	)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		found, err := p.lookOnce(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if text := err.Error(); text != wrong {
				wrong = text
				p.problem(p.name, err)
			}
			timer.Reset(spread(min(retry, p.interval)))
			retry = min(2*retry, p.interval)
			continue
		}
		if wrong != "" {
			wrong = ""
			p.problem(p.name, nil)
		}
		retry = firstRetry
		if !found.unchanged && (!told || !slices.Equal(found.addresses, last)) {
			last, told = found.addresses, true
			update(slices.Clone(last))
		}
		next := p.interval
		if found.next > 0 {
			next = min(next, found.next)
		}
		timer.Reset(spread(next))
	}
}

// lookOnce looks within the limit of time, and checks what is found. A list is good as a whole or not at all: half of a
// list that somebody got wrong would put all calls on a few endpoints.
func (p *poller) lookOnce(ctx context.Context) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	found, err := p.look(ctx)
	if err != nil || found.unchanged {
		return found, err
	}
	if len(found.addresses) > maxAddresses {
		return answer{}, fmt.Errorf("there are %d addresses, more than the %d that are taken", len(found.addresses), maxAddresses)
	}
	if len(found.addresses) == 0 && !p.allowEmpty {
		if found.why != nil {
			return answer{}, fmt.Errorf("%w: %w", errEmpty, found.why)
		}
		return answer{}, errEmpty
	}
	for i := range found.addresses {
		if err := check(&found.addresses[i]); err != nil {
			return answer{}, fmt.Errorf("address %d: %w", i+1, err)
		}
	}
	found.addresses = normal(found.addresses)
	if found.accepted != nil {
		found.accepted()
	}
	return found, nil
}

// check reports what makes an address unfit, and gives its URL the form in which addresses are compared.
func check(a *Address) error {
	e, err := endpoint.Parse(a.URL)
	if err != nil {
		return fmt.Errorf("%q: %w", a.URL, err)
	}
	a.URL = e.String()
	if err := a.Validate(); err != nil {
		return fmt.Errorf("%s: %w", a.URL, err)
	}
	return nil
}

// spread makes a time of waiting a little shorter or longer.
func spread(d time.Duration) time.Duration {
	return d + time.Duration((2*rand.Float64()-1)*jitter*float64(d))
}
