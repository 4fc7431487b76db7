package local_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/examples/library/loyalty"
	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/graph"
	"github.com/sluice-gateway/sluice/graph/model"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/resolvers"
	"github.com/sluice-gateway/sluice/resolvers/local"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/value"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateway is a Gateway made of a function.
type gateway func(ctx context.Context) (*model.SluiceStatus, error)

func (g gateway) Status(ctx context.Context) (*model.SluiceStatus, error) { return g(ctx) }

func status(g gateway) graphql.ExecutableSchema {
	return graph.NewExecutableSchema(graph.Config{Resolvers: &resolvers.Resolver{Gateway: g}})
}

// find is a root of the loyalty subgraph's resolvers whose lookup of users is a function.
type find func(ctx context.Context, reps []*loyalty.UserByIDsInput) ([]*loyalty.User, error)

func (f find) FindManyUserByIDs(ctx context.Context, reps []*loyalty.UserByIDsInput) ([]*loyalty.User, error) {
	return f(ctx, reps)
}
func (f find) Entity() loyalty.EntityResolver { return f }
func (f find) Query() loyalty.QueryResolver   { return (&loyalty.Resolver{}).Query() }

func members(f find) graphql.ExecutableSchema {
	return loyalty.NewExecutableSchema(loyalty.Config{Resolvers: f})
}

func points(of map[string]int) graphql.ExecutableSchema {
	return loyalty.NewExecutableSchema(loyalty.Config{Resolvers: &loyalty.Resolver{Points: of}})
}

// fetch is a fetch of a subgraph called "go". It asks for users if the query is one for entities.
func fetch(q plan.Query) *plan.Fetch {
	return &plan.Fetch{
		Source:  &schema.Source{Name: "go", Subgraph: "go", Kind: schema.Local},
		Entries: []*plan.Entry{{Entrance: &schema.Entrance{On: &schema.Type{Name: "User"}}}},
		Query:   &q,
	}
}

func users(selection string) plan.Query {
	return plan.Query{
		Text:     "query($reps:[_Any!]!){_entities(representations:$reps){...on User" + selection + "}}",
		Entities: true, Representations: "reps",
	}
}

func compile(t *testing.T, es graphql.ExecutableSchema, q plan.Query) execute.Runner {
	t.Helper()
	d := local.New(map[string]graphql.ExecutableSchema{"go": es})
	r, err := d.Compile(&plan.Plan{}, []*plan.Fetch{fetch(q)})
	if err != nil {
		t.Fatal(err)
	}
	return r[0]
}

// scan reads a JSON document for the time of the test.
func scan(t *testing.T, doc string) value.Value {
	t.Helper()
	v, err := value.Scan([]byte(doc), nil, value.NewArena())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func representations(t *testing.T, docs ...string) []execute.Rep {
	t.Helper()
	var reps []execute.Rep
	for _, d := range docs {
		reps = append(reps, execute.Rep{Object: scan(t, d)})
	}
	return reps
}

// values returns the JSON of an outcome's values and releases them.
func values(out *execute.Outcome) []string {
	var docs []string
	for _, v := range out.Values {
		docs = append(docs, string(v.AppendJSON(nil)))
	}
	if out.Release != nil {
		out.Release()
	}
	return docs
}

var ignoreCause = cmpopts.IgnoreFields(execute.SourceError{}, "Cause")

func TestRootFieldsAreAnsweredWithVariables(t *testing.T) {
	t.Parallel()
	r := compile(t, points(nil), plan.Query{
		Text:      `query($l:LoyaltyLevel!){loyaltyThreshold(level:$l) again:loyaltyThreshold(level:BRONZE)}`,
		Variables: []string{"l"},
	})
	out := r.Run(t.Context(), &execute.Inputs{Variables: scan(t, `{"l":"GOLD","other":1}`)})
	if diff := cmp.Diff([]execute.SourceError(nil), out.Errors); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`{"loyaltyThreshold":1000,"again":0}`}, values(out)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestEntitiesAreAnsweredInTheOrderOfTheRepresentations(t *testing.T) {
	t.Parallel()
	r := compile(t, points(map[string]int{"1": 1200, "2": 10, "3": 300}), users("{points level}"))
	out := r.Run(t.Context(), &execute.Inputs{Reps: representations(t,
		`{"id":"3"}`, `{"id":2,"__typename":"User"}`, `{"id":"nobody"}`, `{"id":1}`)})
	if diff := cmp.Diff([]execute.SourceError(nil), out.Errors); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	want := []string{
		`{"points":300,"level":"SILVER"}`, `{"points":10,"level":"BRONZE"}`, `null`, `{"points":1200,"level":"GOLD"}`,
	}
	if diff := cmp.Diff(want, values(out)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestAllEntitiesOfAFetchAreLookedUpAtOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var calls []int
	r := compile(t, members(func(_ context.Context, reps []*loyalty.UserByIDsInput) ([]*loyalty.User, error) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, len(reps))
		return make([]*loyalty.User, len(reps)), nil
	}), users("{points}"))
	r.Run(t.Context(), &execute.Inputs{Reps: representations(t, `{"id":"1"}`, `{"id":"2"}`, `{"id":"3"}`)})
	if diff := cmp.Diff([]int{3}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestTheStatusSubgraphIsAnswered(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	service := "catalog"
	r := compile(t, status(func(context.Context) (*model.SluiceStatus, error) {
		return &model.SluiceStatus{
			Version: "1.2.3", StartedAt: started,
			Snapshot: &model.SluiceSnapshot{Number: 2, Hash: "beef", LoadedAt: started},
			Planning: &model.SluicePlanning{Planned: 6_000_000_000, Impossible: 1, Excessive: 2},
			Services: []*model.SluiceService{{
				Name: "catalog", Policy: "round_robin", InFlight: 1, Requests: 5_000_000_000, Failures: 3,
				Endpoints: []*model.SluiceEndpoint{{Address: "http://127.0.0.1:1", State: model.SluiceEndpointStateFailing}},
			}},
			Sources: []*model.SluiceSource{
				{Name: "catalog:Query.product[0]", Subgraph: "catalog", Kind: model.SluiceSourceKindConnector, Service: &service},
				{Name: "sluice", Subgraph: "sluice", Kind: model.SluiceSourceKindLocal},
			},
		}, nil
	}), plan.Query{Text: `{sluice{version startedAt snapshot{number hash loadedAt} planning{planned impossible excessive}
		services{name policy inFlight requests failures endpoints{address state inFlight requests failures}}
		sources{name subgraph kind service}}}`})
	out := r.Run(t.Context(), &execute.Inputs{})
	if diff := cmp.Diff([]execute.SourceError(nil), out.Errors); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	want := []string{`{"sluice":{"version":"1.2.3","startedAt":"2026-01-02T03:04:05Z",` +
		`"snapshot":{"number":2,"hash":"beef","loadedAt":"2026-01-02T03:04:05Z"},` +
		`"planning":{"planned":6000000000,"impossible":1,"excessive":2},` +
		`"services":[{"name":"catalog","policy":"round_robin","inFlight":1,"requests":5000000000,"failures":3,` +
		`"endpoints":[{"address":"http://127.0.0.1:1","state":"FAILING","inFlight":0,"requests":0,"failures":0}]}],` +
		`"sources":[{"name":"catalog:Query.product[0]","subgraph":"catalog","kind":"CONNECTOR","service":"catalog"},` +
		`{"name":"sluice","subgraph":"sluice","kind":"LOCAL","service":null}]}}`}
	if diff := cmp.Diff(want, values(out)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestUptimeCountsFromTheStart(t *testing.T) {
	t.Parallel()
	r := compile(t, status(func(context.Context) (*model.SluiceStatus, error) {
		return &model.SluiceStatus{StartedAt: time.Now().Add(-time.Hour)}, nil
	}), plan.Query{Text: `{sluice{uptime}}`})
	out := r.Run(t.Context(), &execute.Inputs{})
	if got := out.Values[0].Get("sluice").Get("uptime").Float64(); got < 3600 || got > 7200 {
		t.Errorf("uptime = %v, want an hour in seconds", got)
	}
}

func TestErrorsSayToClientsWhatWasMeantForThem(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	const hidden = "The field could not be resolved."
	for _, c := range []struct {
		name string
		ctx  context.Context
		fail gateway
		want execute.SourceError
	}{
		{
			"an error written for clients is passed on", t.Context(),
			func(context.Context) (*model.SluiceStatus, error) {
				return nil, &gqlerror.Error{Message: "It is closed.", Extensions: map[string]any{"code": "CLOSED", "until": 9}}
			},
			execute.SourceError{Message: "It is closed.", Code: "CLOSED", Extensions: map[string]any{"until": 9}},
		},
		{
			"one without a code gets one", t.Context(),
			func(context.Context) (*model.SluiceStatus, error) { return nil, gqlerror.Errorf("It is closed.") },
			execute.SourceError{Message: "It is closed.", Code: "SUBGRAPH_ERROR"},
		},
		{
			"the text of any other error is kept back", t.Context(),
			func(context.Context) (*model.SluiceStatus, error) { return nil, errors.New("dial 10.0.0.7: refused") },
			execute.SourceError{Message: hidden, Code: "SUBGRAPH_ERROR"},
		},
		{
			"also if an error for clients wraps it", t.Context(),
			func(context.Context) (*model.SluiceStatus, error) {
				return nil, gqlerror.Wrap(errors.New("dial 10.0.0.7: refused"))
			},
			execute.SourceError{Message: hidden, Code: "SUBGRAPH_ERROR"},
		},
		{
			"a panic is an error", t.Context(),
			func(context.Context) (*model.SluiceStatus, error) { panic("10.0.0.7") },
			execute.SourceError{Message: hidden, Code: "SUBGRAPH_ERROR"},
		},
		{
			"a deadline is told as one", t.Context(),
			func(context.Context) (*model.SluiceStatus, error) {
				return nil, fmt.Errorf("dial 10.0.0.7: %w", context.DeadlineExceeded)
			},
			execute.SourceError{Message: "There was no answer in time.", Code: "GATEWAY_TIMEOUT"},
		},
		{
			"the end of the operation is told as one", canceled,
			func(ctx context.Context) (*model.SluiceStatus, error) { return nil, ctx.Err() },
			execute.SourceError{Message: "The request was canceled.", Code: "REQUEST_CANCELED"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := compile(t, status(c.fail), plan.Query{Text: `{here:sluice{version}}`})
			out := r.Run(c.ctx, &execute.Inputs{})
			c.want.Rep, c.want.Path = -1, []any{"here"}
			if diff := cmp.Diff([]execute.SourceError{c.want}, out.Errors, ignoreCause); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if len(out.Errors) > 0 && out.Errors[0].Cause == nil {
				t.Error("there is no cause for the log")
			}
			if diff := cmp.Diff([]string{"null"}, values(out)); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnErrorOfOneEntityLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	r := compile(t, members(func(_ context.Context, reps []*loyalty.UserByIDsInput) ([]*loyalty.User, error) {
		errs := make(graphql.BatchErrorList, len(reps))
		errs[1] = gqlerror.Errorf("No data on this user.")
		n := 7
		return []*loyalty.User{{ID: "1", Points: &n}, nil, {ID: "3", Points: &n}}, errs
	}), users("{points}"))
	out := r.Run(t.Context(), &execute.Inputs{Reps: representations(t, `{"id":"1"}`, `{"id":"2"}`, `{"id":"3"}`)})
	want := []execute.SourceError{{Rep: 1, Message: "No data on this user.", Code: "SUBGRAPH_ERROR"}}
	if diff := cmp.Diff(want, out.Errors, ignoreCause); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`{"points":7}`, `null`, `{"points":7}`}, values(out)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestAnErrorOfTheLookupIsOneOfTheWholeFetch(t *testing.T) {
	t.Parallel()
	r := compile(t, members(func(context.Context, []*loyalty.UserByIDsInput) ([]*loyalty.User, error) {
		panic("no database")
	}), users("{points}"))
	out := r.Run(t.Context(), &execute.Inputs{Reps: representations(t, `{"id":"1"}`, `{"id":"2"}`)})
	want := []execute.SourceError{{Rep: -1, Message: "The field could not be resolved.", Code: "SUBGRAPH_ERROR"}}
	if diff := cmp.Diff(want, out.Errors, ignoreCause); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func TestAPanicOfTheSchemaItselfIsAnError(t *testing.T) {
	t.Parallel()
	r := compile(t, broken{status(nil)}, plan.Query{Text: `{sluice{version}}`})
	out := r.Run(t.Context(), &execute.Inputs{})
	want := []execute.SourceError{{Rep: -1, Message: "The field could not be resolved.", Code: "SUBGRAPH_ERROR"}}
	if diff := cmp.Diff(want, out.Errors, ignoreCause); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

// broken panics when it is to execute.
type broken struct{ graphql.ExecutableSchema }

func (broken) Exec(context.Context) graphql.ResponseHandler { panic("broken") }

func TestResolversSeeTheRequestsHeadersAndContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	r := compile(t, status(func(ctx context.Context) (*model.SluiceStatus, error) {
		tenant := graphql.GetOperationContext(ctx).Headers.Get("X-Tenant")
		return &model.SluiceStatus{Version: fmt.Sprint(tenant, " ", ctx.Value(key{}))}, nil
	}), plan.Query{Text: `{sluice{version}}`})
	out := r.Run(context.WithValue(t.Context(), key{}, "known"), &execute.Inputs{
		Caller: &operation.Caller{Header: map[string][]string{"X-Tenant": {"blue"}}},
	})
	if diff := cmp.Diff([]string{`{"sluice":{"version":"blue known"}}`}, values(out)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestResolversMayKeepWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	var kept string
	r := compile(t, members(func(_ context.Context, reps []*loyalty.UserByIDsInput) ([]*loyalty.User, error) {
		kept = reps[0].ID
		return make([]*loyalty.User, len(reps)), nil
	}), users("{points}"))
	body := []byte(`{"id":"keep me"}`)
	v, err := value.Scan(body, nil, value.NewArena())
	if err != nil {
		t.Fatal(err)
	}
	r.Run(t.Context(), &execute.Inputs{Reps: []execute.Rep{{Object: v}}})
	clear(body) // as when the body's memory is used for the next answer
	if kept != "keep me" {
		t.Errorf("the resolver kept %q, want what it was given", kept)
	}
}

func TestOneRunnerServesManyOperationsAtOnce(t *testing.T) {
	t.Parallel()
	r := compile(t, points(map[string]int{"1": 1}), users("{id points}"))
	reps := representations(t, `{"id":"1"}`, `{"id":"2"}`)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			out := r.Run(t.Context(), &execute.Inputs{Reps: reps})
			if diff := cmp.Diff([]string{`{"id":"1","points":1}`, `null`}, values(out)); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
	wg.Wait()
}

func TestCompileRefusesWhatItCannotRun(t *testing.T) {
	t.Parallel()
	d := local.New(map[string]graphql.ExecutableSchema{"go": points(nil)})
	stranger := fetch(plan.Query{Text: "{__typename}"})
	stranger.Source = &schema.Source{Name: "stranger", Subgraph: "stranger"}
	noQuery := fetch(plan.Query{})
	noQuery.Query = nil
	for _, c := range []struct {
		name  string
		fetch *plan.Fetch
		want  string
	}{
		{"a subgraph that is not registered", stranger, "not registered"},
		{"a fetch without a query", noQuery, "has no query"},
		{"a query that does not parse", fetch(plan.Query{Text: "{"}), "Expected Name"},
		{"a query that does not fit the schema", fetch(plan.Query{Text: "{nothing}"}), "Cannot query field"},
		{"two operations", fetch(plan.Query{Text: "query a{__typename} query b{__typename}"}), "not one query"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := d.Compile(&plan.Plan{}, []*plan.Fetch{c.fetch}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Compile() = %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestTheSDLOfAPlainSchemaIsTheSchemaWithoutWhatIsBuiltIn(t *testing.T) {
	t.Parallel()
	sdl, err := local.SDL(status(nil))
	if err != nil {
		t.Fatal(err)
	}
	got, err := gqlparser.LoadSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatalf("the SDL does not load: %v\n%s", err, sdl)
	}
	for _, name := range []string{"SluiceStatus", "SluiceEndpointState", "SluiceCount"} {
		if got.Types[name] == nil {
			t.Errorf("the SDL has no type %s", name)
		}
	}
	if strings.Contains(sdl, "__") || strings.Contains(sdl, "scalar String") {
		t.Errorf("the SDL has what is built in:\n%s", sdl)
	}
	if f := got.Query.Fields.ForName("sluice"); f == nil || f.Description == "" {
		t.Error("the description of Query.sluice is lost")
	}
}

func TestTheSDLOfAFederationSchemaHasItsKeys(t *testing.T) {
	t.Parallel()
	sdl, err := local.SDL(points(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"https://specs.apollo.dev/federation/", `type User @key(fields: "id")`} {
		if !strings.Contains(sdl, want) {
			t.Errorf("the SDL lacks %q:\n%s", want, sdl)
		}
	}
	if strings.Contains(sdl, "_entities") {
		t.Errorf("the SDL has the fields of the subgraph protocol:\n%s", sdl)
	}
}
