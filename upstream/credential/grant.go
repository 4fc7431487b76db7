package credential

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// How the gateway shows the authorization server who it is (RFC 6749, section 2.3.1).
const (
	authBasic = "basic"
	authPost  = "post"
)

const (
	defaultTimeout = 5 * time.Second
	maxTokenBody   = 64 << 10
)

// grant asks an authorization server for tokens.
type grant struct {
	url        string
	clientID   string
	secret     Text
	secretFile string
	auth       string
	timeout    time.Duration
	form       url.Values // what is always sent

	clientSecret *secret[string] // of the above; nil without a client
	client       *http.Client
	now          func() time.Time
}

func (c *OAuth2) grant() *grant {
	g := &grant{url: c.TokenURL, clientID: c.ClientID, secret: c.ClientSecret, secretFile: c.ClientSecretFile, auth: c.Auth, timeout: c.Timeout}
	g.form = url.Values{"grant_type": {"client_credentials"}}
	g.ask(c.Scopes, c.Audience, c.Resource)
	return g
}

func (c *TokenExchange) grant() *grant {
	g := &grant{url: c.TokenURL, clientID: c.ClientID, secret: c.ClientSecret, secretFile: c.ClientSecretFile, auth: c.Auth, timeout: c.Timeout}
	kind := c.SubjectTokenType
	if kind == "" {
		kind = "urn:ietf:params:oauth:token-type:access_token"
	}
	g.form = url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "subject_token_type": {kind}}
	if c.RequestedTokenType != "" {
		g.form.Set("requested_token_type", c.RequestedTokenType)
	}
	g.ask(c.Scopes, c.Audience, c.Resource)
	return g
}

func (g *grant) ask(scopes []string, audience, resource string) {
	if len(scopes) > 0 {
		g.form.Set("scope", strings.Join(scopes, " "))
	}
	if audience != "" {
		g.form.Set("audience", audience)
	}
	if resource != "" {
		g.form.Set("resource", resource)
	}
}

// open makes a grant ready.
func (g *grant) open(o *Options) {
	g.now = o.Now
	if g.timeout == 0 {
		g.timeout = defaultTimeout
	}
	if g.clientID != "" {
		g.clientSecret = newSecret(o, string(g.secret), g.secretFile, parseText)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	g.client = &http.Client{
		Transport: &http.Transport{
			Protocols: protocols, ForceAttemptHTTP2: true, MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second,
			TLSHandshakeTimeout: g.timeout, MaxResponseHeaderBytes: maxTokenBody,
		},
		// Secrets go to the token endpoint and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (g *grant) close() { g.client.CloseIdleConnections() }

// fetch asks for a token. subject is the client's, and empty if the grant is the gateway's own.
func (g *grant) fetch(ctx context.Context, subject string) (*token, error) {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	form := url.Values{}
	for name, v := range g.form {
		form[name] = v
	}
	if subject != "" {
		form.Set("subject_token", subject)
	}
	clientSecret := ""
	if g.clientSecret != nil {
		var err error
		if clientSecret, err = g.clientSecret.get(); err != nil {
			return nil, err
		}
		if g.auth == authPost {
			form.Set("client_id", g.clientID)
			form.Set("client_secret", clientSecret)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "sluice")
	if g.clientSecret != nil && g.auth != authPost {
		req.SetBasicAuth(url.QueryEscape(g.clientID), url.QueryEscape(clientSecret))
	}
	asked := g.now()
	resp, err := g.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("token: %w", err)
	case len(body) > maxTokenBody:
		return nil, errors.New("token: the answer is too large")
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("token: status %d%s", resp.StatusCode, reason(body))
	}
	return parseToken(body, asked)
}

// reason returns the code of an error of RFC 6749, section 5.2, if that is what the body is. Nothing else of a body is told.
func reason(body []byte) string {
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil || len(answer.Error) > 64 || !isToken(answer.Error) {
		return ""
	}
	return ": " + answer.Error
}

// token is an access token. It is immutable.
type token struct {
	header  []string  // the value of Authorization
	fetched time.Time // before it was asked for
	refresh time.Time // when to ask for another one; zero: never
	expires time.Time // when not to use it any more; zero: never
}

// parseToken reads an answer with a token (RFC 6749, section 5.1; RFC 8693, section 2.2.1). The errors quote nothing of it.
func parseToken(body []byte, asked time.Time) (*token, error) {
	var answer struct {
		AccessToken string          `json:"access_token"`
		TokenType   string          `json:"token_type"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil, errors.New("token: the answer is not what was expected")
	}
	switch {
	case answer.AccessToken == "" || strings.ContainsFunc(answer.AccessToken, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return nil, errors.New("token: the answer has no access token that can be sent")
	case answer.TokenType != "" && !strings.EqualFold(answer.TokenType, "bearer"):
		return nil, errors.New("token: the type of the token is not bearer")
	}
	t := &token{header: []string{"Bearer " + answer.AccessToken}, fetched: asked}
	// Some servers send the number as a text.
	if n, err := strconv.ParseFloat(strings.Trim(string(answer.ExpiresIn), `"`), 64); err == nil && n == n {
		life := time.Duration(min(max(n, 0), float64(maxLife/time.Second))) * time.Second
		t.expires = asked.Add(life - min(5*time.Second, life/10)) // clocks differ, and the way takes its time
		t.refresh = asked.Add(life - min(max(life/10, 10*time.Second), 5*time.Minute, life/2))
	}
	return t, nil
}

// maxLife is how long a token is believed to live.
const maxLife = 30 * 24 * time.Hour

// valid reports whether the token can be used.
func (t *token) valid(now time.Time) bool {
	return t != nil && (t.expires.IsZero() || now.Before(t.expires))
}

// due reports whether it is time for another one.
func (t *token) due(now time.Time) bool { return !t.refresh.IsZero() && !now.Before(t.refresh) }
