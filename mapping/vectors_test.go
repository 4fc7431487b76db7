package mapping_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/value"
)

// deviation is a vector whose reference behaviour is marked as accidental, with what Sluice does instead.
type deviation struct {
	reason   string
	output   string   // "": as in the vector
	problems []string // nil: as in the vector
}

var deviations = map[string]deviation{
	"list-03":   {reason: "text is counted in code points, not in bytes", output: `{"a":2,"b":2,"c":1}`},
	"spread-10": {reason: "a value that stands alone in braces is given quietly", problems: []string{}},
}

type vectors struct {
	Mapping []struct {
		ID, Selection string
		Specs         []string
		Input, Output json.RawMessage
		Vars          map[string]json.RawMessage
		Missing       bool
		Problems      []string
		ParseError    bool
	}
	Narrowing []struct {
		ID, Selection string
		Request       *vectorRequest
		Input, Output json.RawMessage
		Problems      []string
	}
	URITemplates []struct {
		ID, Template, Expected string
		Vars                   map[string]json.RawMessage
	} `json:"uriTemplates"`
	FormBodies []struct {
		ID, Expected string
		Value        json.RawMessage
	}
}

type vectorRequest struct {
	Type     string
	Abstract bool
	Fields   map[string]*vectorRequest
}

func (r *vectorRequest) request() *mapping.Request {
	if r == nil {
		return nil
	}
	out := &mapping.Request{Type: r.Type, Abstract: r.Abstract}
	for name, sub := range r.Fields {
		if name == "__typename" {
			out.Typename = true
			continue
		}
		out.Fields = append(out.Fields, mapping.RequestField{Name: name, Sub: sub.request()})
	}
	return out
}

func readVectors(t testing.TB) *vectors {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return &v
}

// envOf makes an environment with variables given as JSON.
func envOf(t testing.TB, vars map[string]json.RawMessage) *mapping.Env {
	t.Helper()
	env := &mapping.Env{Arena: value.NewArena(), Problems: &mapping.Problems{}}
	for name, text := range vars {
		v := scan(t, string(text))
		switch name {
		case "$args":
			env.Args = v
		case "$this":
			env.This = v
		case "$batch":
			env.Batch = v
		case "$config":
			env.Config = v
		case "$context":
			env.Context = v
		case "$env":
			env.Environ = v
		case "$request":
			env.Request = v
		case "$response":
			env.Response = v
		case "$status":
			env.Status = v
		default:
			t.Fatalf("unknown variable %s", name)
		}
	}
	return env
}

// scan reads a JSON text that must be valid.
func scan(t testing.TB, text string) value.Value {
	t.Helper()
	v, err := value.Scan([]byte(text), nil, value.NewArena())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// messages returns the distinct messages of problems, in order.
func messages(p *mapping.Problems) []string {
	out := []string{}
	for _, g := range p.List() {
		if !slices.Contains(out, g.Message) {
			out = append(out, g.Message)
		}
	}
	return out
}

// sameMessages compares messages; a wanted one that ends in … is a prefix.
func sameMessages(got, want []string) bool {
	return slices.EqualFunc(got, want, func(g, w string) bool {
		if prefix, ok := strings.CutSuffix(w, "…"); ok {
			return strings.HasPrefix(g, prefix)
		}
		return g == w
	})
}

func TestVectorsOfMapping(t *testing.T) {
	t.Parallel()
	ran := 0
	for _, v := range readVectors(t).Mapping {
		for _, spec := range v.Specs {
			t.Run(v.ID+" "+spec, func(t *testing.T) {
				version, ok := mapping.ParseVersion(spec)
				if !ok {
					// The two vectors of the unreleased v0.5 use methods that exist nowhere else.
					m := mustParse(t, v.Selection, mapping.V04)
					if r := m.Remarks(); len(r) == 0 || r[0].Kind != mapping.UnknownMethod {
						t.Errorf("Remarks() = %v, want an unknown method", r)
					}
					return
				}
				ran++
				m, err := mapping.Parse(v.Selection, version)
				if v.ParseError {
					if err == nil {
						t.Errorf("Parse(%q) succeeded", v.Selection)
					}
					return
				}
				if err != nil {
					t.Fatalf("Parse(%q): %v", v.Selection, err)
				}
				env := envOf(t, v.Vars)
				got := m.Apply(scan(t, string(v.Input)), env)
				if d, ok := deviations[v.ID]; ok {
					if d.output != "" {
						v.Output = json.RawMessage(d.output)
					}
					if d.problems != nil {
						v.Problems = d.problems
					}
				}
				if v.Missing != got.IsMissing() {
					t.Errorf("Apply() = %s, missing wanted: %v", got.AppendJSON(nil), v.Missing)
				}
				if !v.Missing && !value.Equal(got, scan(t, string(v.Output))) {
					t.Errorf("Apply() = %s, want %s", got.AppendJSON(nil), v.Output)
				}
				if got := messages(env.Problems); !sameMessages(got, v.Problems) {
					t.Errorf("problems (-want +got):\n%s", cmp.Diff(v.Problems, got))
				}
			})
		}
	}
	if ran < 300 {
		t.Errorf("only %d vectors ran", ran)
	}
}

func TestVectorsOfMappingGiveTheSameOnWhatTheyRead(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Mapping {
		for _, spec := range v.Specs {
			version, ok := mapping.ParseVersion(spec)
			if !ok || v.ParseError {
				continue
			}
			t.Run(v.ID+" "+spec, func(t *testing.T) {
				m := mustParse(t, v.Selection, version)
				env := envOf(t, v.Vars)
				in, err := value.Scan(v.Input, m.Reads(), env.Arena)
				if err != nil {
					t.Fatal(err)
				}
				got := m.Apply(in, env)
				whole := envOf(t, v.Vars)
				want := m.Apply(scan(t, string(v.Input)), whole)
				if !value.Equal(got, want) {
					t.Errorf("Apply() of the filtered input = %s, of the whole %s", got.AppendJSON(nil), want.AppendJSON(nil))
				}
				if diff := cmp.Diff(whole.Problems.List(), env.Problems.List()); diff != "" {
					t.Errorf("problems (-whole +filtered):\n%s", diff)
				}
			})
		}
	}
}

func TestVectorsOfNarrowing(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Narrowing {
		t.Run(v.ID, func(t *testing.T) {
			env := envOf(t, nil)
			got := mustParse(t, v.Selection, mapping.V03).Narrow(v.Request.request()).Apply(scan(t, string(v.Input)), env)
			if !value.Equal(got, scan(t, string(v.Output))) {
				t.Errorf("Apply() = %s, want %s", got.AppendJSON(nil), v.Output)
			}
			if got := messages(env.Problems); !sameMessages(got, v.Problems) {
				t.Errorf("problems (-want +got):\n%s", cmp.Diff(v.Problems, got))
			}
		})
	}
}

func TestVectorsOfURITemplates(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).URITemplates {
		t.Run(v.ID, func(t *testing.T) {
			source, err := mapping.ParseURL("http://host", mapping.V03)
			if err != nil {
				t.Fatal(err)
			}
			u, err := mapping.ParseURL(v.Template, mapping.V03)
			if err != nil {
				t.Fatal(err)
			}
			target := &mapping.Target{SourceURL: source, ConnectURL: u}
			got := "ERROR"
			if b, err := target.Build(nil, envOf(t, v.Vars)); err == nil {
				got = string(b.Path)
			}
			if got != v.Expected {
				t.Errorf("Build() = %s, want %s", got, v.Expected)
			}
		})
	}
}

func TestVectorsOfFormBodies(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).FormBodies {
		t.Run(v.ID, func(t *testing.T) {
			got, err := mapping.AppendForm(nil, scan(t, string(v.Value)))
			if err != nil || string(got) != v.Expected {
				t.Errorf("AppendForm() = %s, %v, want %s", got, err, v.Expected)
			}
		})
	}
}

func mustParse(t testing.TB, src string, v mapping.Version) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Parse(src, v)
	if err != nil {
		t.Fatalf("Parse(%q, %s): %v", src, v, err)
	}
	return m
}
