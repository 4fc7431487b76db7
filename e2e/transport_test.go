package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestQueriesOverWebSocketsAndStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
type Query { a(n: Int!): Thing @connect(source: "a", http: { GET: "/{$args.n}" }, selection: "id name") }
type Mutation { add(n: Int!): Thing @connect(source: "a", http: { POST: "/{$args.n}" }, selection: "id name") }
type Thing { id: ID! name: String }`,
		func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `{"id":%s,"name":%q}`, r.URL.Path[1:], r.Method)
		}, "")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, strings.Replace(w.url, "http", "ws", 1), &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: w.client})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	talk := func(send string, want ...string) {
		t.Helper()
		if err := c.Write(ctx, websocket.MessageText, []byte(send)); err != nil {
			t.Fatal(err)
		}
		for _, want := range want {
			_, text, err := c.Read(ctx)
			if err != nil || string(text) != want {
				t.Fatalf("got %s %v, want %s", text, err, want)
			}
		}
	}
	talk(`{"type":"connection_init"}`, `{"type":"connection_ack"}`)
	talk(`{"id":"1","type":"subscribe","payload":{"query":"query($n: Int!) { a(n: $n) { name id } }","variables":{"n":7}}}`,
		`{"type":"next","id":"1","payload":{"data":{"a":{"name":"GET","id":"7"}}}}`, `{"type":"complete","id":"1"}`)
	talk(`{"id":"2","type":"subscribe","payload":{"query":"mutation { x: add(n: 1) { name } y: add(n: 2) { id } }"}}`,
		`{"type":"next","id":"2","payload":{"data":{"x":{"name":"POST"},"y":{"id":"2"}}}}`, `{"type":"complete","id":"2"}`)
	_ = c.Close(websocket.StatusNormalClosure, "")

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"?"+url.Values{"query": {"{ a(n: 3) { id } }"}}.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	stream, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(stream.Body)
	_ = stream.Body.Close()
	if want := "event: next\ndata: {\"data\":{\"a\":{\"id\":\"3\"}}}\n\nevent: complete\n"; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("got %q %v, want %q in it", text, err, want)
	}
}
