package e2e_test

import (
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/subgraphtest"
)

// subgraph is a GraphQL server of a scenario: the part <name>.graphql is its schema, <name>.data.json its data.
type subgraph struct {
	name, data, url string
	server          *subgraphtest.Server
}

// start serves the subgraph until the test ends.
func (g *subgraph) start(t *testing.T, s *scenario, log *calls) {
	t.Helper()
	var err error
	if g.server, err = subgraphtest.New(s.schema[g.name+".graphql"], []byte(g.data)); err != nil {
		t.Fatalf("%s: %v", g.name, err)
	}
	g.server.Observe = func(r subgraphtest.Request) {
		log.add(strings.TrimSpace(g.name + " " + r.Query + " " + r.Variables))
	}
	srv := httptest.NewServer(g.server)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	g.url = srv.URL
}

// counted says how many calls each service had.
func counted(calls string) string {
	var b strings.Builder
	last, n := "", 0
	flush := func() {
		if n > 0 {
			b.WriteString(last + " " + strconv.Itoa(n) + "\n")
		}
		n = 0
	}
	for line := range strings.Lines(calls) {
		name, _, _ := strings.Cut(line, " ")
		times := 1
		if before, ok := strings.CutSuffix(line, " times)\n"); ok {
			times, _ = strconv.Atoi(before[strings.LastIndex(before, "(")+1:])
		}
		if name != last {
			flush()
			last = name
		}
		n += times
	}
	flush()
	return b.String()
}
