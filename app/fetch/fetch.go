// Package fetch asks a running GraphQL server for its schema: a subgraph for its document, with its keys and all it says to a
// composer, and any other server by introspection.
//
// What it returns is text that a stranger sent. Whether that is a schema, and what to do with it, is for the command in app
// that calls it.
package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/schema/introspection"
	"github.com/sluice-gateway/sluice/upstream"
)

// Schema is what a server said.
type Schema struct {
	SDL string
	// Introspected: the server is no subgraph, so its schema is what introspection tells, which has no keys.
	Introspected bool
}

// SDL asks a server for its schema. The path is put after that of the endpoint; the headers are sent with each request.
// Errors name the service, and say what to do where that can be known.
func SDL(ctx context.Context, c *upstream.Client, path string, header http.Header) (Schema, error) {
	s := server{c, path, header}
	sdl, refused, err := s.service(ctx)
	if err != nil || refused == "" {
		return Schema{SDL: sdl}, err
	}
	var introspectionRefused error
	for _, query := range introspection.Queries() {
		body, err := s.ask(ctx, query)
		if err != nil {
			return Schema{}, err
		}
		sdl, err := introspection.SDL(body)
		if err == nil {
			return Schema{SDL: sdl, Introspected: true}, nil
		}
		if introspectionRefused == nil { // the first query is that of most tools; the others are asked in its place
			introspectionRefused = err
		}
	}
	return Schema{}, fmt.Errorf("%s: it does not tell its schema: asked for _service { sdl }, it says %s; asked for __schema, %s",
		c.Service(), quote(refused), clean(introspectionRefused.Error()))
}

// server is where to ask.
type server struct {
	client *upstream.Client
	path   string
	header http.Header
}

// service asks for the document of a subgraph. Refused is what the server says if it is none.
func (s server) service(ctx context.Context) (sdl, refused string, err error) {
	body, err := s.ask(ctx, "query Sluice { _service { sdl } }")
	if err != nil {
		return "", "", err
	}
	var answer struct {
		Data *struct {
			Service *struct {
				SDL string `json:"sdl"`
			} `json:"_service"`
		}
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", "", fmt.Errorf("%s: the answer is not one of GraphQL: %w", s.client.Service(), err)
	}
	switch {
	case answer.Data != nil && answer.Data.Service != nil && strings.TrimSpace(answer.Data.Service.SDL) != "":
		return answer.Data.Service.SDL, "", nil
	case len(answer.Errors) > 0:
		return "", answer.Errors[0].Message, nil
	}
	return "", "nothing", nil
}

// ask sends a query and returns a copy of the answer, which is JSON.
func (s server) ask(ctx context.Context, query string) ([]byte, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return nil, err
	}
	header := http.Header{
		"Content-Type": {"application/json"},
		"Accept":       {"application/graphql-response+json, application/json"},
	}
	maps.Copy(header, s.header)
	resp, err := s.client.Do(ctx, &upstream.Request{Method: http.MethodPost, Path: s.path, Header: header, Body: body})
	if err != nil {
		return nil, err
	}
	defer resp.Release()
	if json.Valid(resp.Body) && resp.Body[0] == '{' && resp.Status != http.StatusUnauthorized && resp.Status != http.StatusForbidden {
		return append([]byte(nil), resp.Body...), nil
	}
	return nil, fmt.Errorf("%s: %w", s.client.Service(), refusal(resp))
}

// refusal says what an answer is that is not one of GraphQL.
func refusal(r *upstream.Response) error {
	switch {
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
		return fmt.Errorf("it answers %d %s: give what it asks for by --header", r.Status, http.StatusText(r.Status))
	case r.Status >= 300 && r.Status < 400:
		return fmt.Errorf("it answers %d and points to %s: give that URL", r.Status, quote(r.Header.Get("Location")))
	case r.Status != http.StatusOK:
		return fmt.Errorf("it answers %d %s, which is not GraphQL: is the path of the URL right?", r.Status, http.StatusText(r.Status))
	}
	return errors.New("its answer is not JSON: is the path of the URL right?")
}

// quote is what a server said, for a line of text.
func quote(text string) string { return fmt.Sprintf("%q", shorten(text)) }

// clean leaves out what would do things to a terminal.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, shorten(text))
}

// shorten keeps as much as one wants to read.
func shorten(text string) string {
	const most = 300
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
