package upstream

import (
	"github.com/sluice-gateway/sluice/upstream/connection"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/health"
)

// checkTarget is the way of active checks to an endpoint: connections of their own, made as those of calls.
type checkTarget struct{ *connection.Pool }

// openCheck returns the way of active checks to an endpoint.
func (c *Client) openCheck(e *endpoint.Endpoint) (health.Target, error) {
	p, err := connection.New(e, c.connectionOptions())
	if err != nil {
		return nil, err
	}
	return checkTarget{p}, nil
}
