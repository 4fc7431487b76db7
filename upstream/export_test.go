package upstream

import (
	"github.com/sluice-gateway/sluice/upstream/credential"
	"github.com/sluice-gateway/sluice/upstream/share"
)

// Shared returns what the sharing of a client's reads has counted.
func (c *Client) Shared() share.Stats {
	if c.sharing == nil {
		return share.Stats{}
	}
	return c.sharing.group.Stats()
}

// UseCredentials gives a client other credentials, such as those with a clock of their own. They are closed with it.
func (c *Client) UseCredentials(to *credential.Credentials) {
	c.credentials.Close()
	c.credentials = to
}
