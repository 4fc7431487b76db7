package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// maxHeaderBytes limits the head of an answer with a list.
const maxHeaderBytes = 64 << 10

// web gets the list from a URL. Where the server gives its answers tags (RFC 9110, section 8.8.3), a list that has not
// changed is not sent again.
type web struct {
	url    string
	header http.Header
	client *http.Client
	tag    string // of the last good list
}

func newWeb(cfg HTTP) *poller {
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSHandshakeTimeout:    cfg.Timeout,
		IdleConnTimeout:        2 * cfg.Interval,
		MaxIdleConnsPerHost:    1,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
	}
	w := &web{url: cfg.URL, header: http.Header{}, client: &http.Client{
		Transport: transport,
		// The headers may hold a secret, which is for the server that was named.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	w.header.Set("Accept", "application/json")
	w.header.Set("User-Agent", "sluice")
	for name, value := range cfg.Headers {
		w.header.Set(name, value)
	}
	return &poller{
		name: "http " + withoutQuery(cfg.URL), interval: cfg.Interval, timeout: cfg.Timeout,
		look: w.look, close: transport.CloseIdleConnections,
	}
}

func (w *web) look(ctx context.Context) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url, nil)
	if err != nil {
		return answer{}, err
	}
	req.Header = w.header.Clone()
	if w.tag != "" {
		req.Header.Set("If-None-Match", w.tag)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		var parts *url.Error
		if errors.As(err, &parts) {
			err = parts.Err // without the URL, whose query may hold a secret
		}
		return answer{}, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified && w.tag != "":
		return answer{unchanged: true}, nil
	case resp.StatusCode != http.StatusOK:
		return answer{}, fmt.Errorf("the answer has the status %d, not 200", resp.StatusCode)
	}
	text, err := readBounded(resp.Body)
	if err != nil {
		return answer{}, fmt.Errorf("reading the answer: %w", err)
	}
	list, err := parseJSON(text)
	tag := resp.Header.Get("ETag")
	return answer{addresses: list, accepted: func() { w.tag = tag }}, err
}

// withoutQuery is a URL as it may be shown.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// validURL reports what makes a URL unfit to get a list from.
func validURL(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("must be a URL")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("must be an http or https URL with a host")
	}
	return nil
}
