package subgraphtest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/subgraphtest"
)

const sdl = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires", "@interfaceObject"])

type Query { me: User  users(first: Int = 2): [User!]!  any: [Being]  strict: User! }
type Mutation { rename(id: ID!, name: String!): User  forget(id: ID!): Boolean  count: Int! }
interface Being { id: ID! }
enum Mood { GOOD BAD }
scalar Any
type User implements Being @key(fields: "id") @key(fields: "place { zip } mail") @key(fields: "name", resolvable: false) {
  id: ID!
  mail: String
  place: Place
  name: String
  age: Int @external
  born: Int @requires(fields: "age")
  greeting(to: String): String @requires(fields: "place { zip }")
  mood: Mood
  extra: Any
  friends: [User]
}
type Place { zip: String }
type Robot implements Being { id: ID! serial: Int! }
type Thing @key(fields: "id") @interfaceObject { id: ID! price: Int }
`

const data = `{
  "Query": {
    "me": "$User:1", "users": {"$case": "{{.args.first}}", "1": ["$User:1"], "*": ["$User:1", "$User:2"]},
    "any": ["$User:1", {"__typename": "Robot", "id": 9, "serial": null}, {"__typename": "Ghost"}], "strict": null
  },
  "Mutation": {
    "rename": {"$set": {"User:{{.args.id}}": {"id": "$= {{.args.id}}", "name": "$= {{.args.name}}"}}, "$give": "$= $User:{{.args.id}}"},
    "forget": {"$set": {"User:{{.args.id}}": null}, "$give": true},
    "count": "$= {{mul 6 7}}"
  },
  "User": [
    {"id": "1", "mail": "a@x", "place": {"zip": "Z"}, "name": "Ada", "born": "$= {{mul .rep.age 2}}", "greeting": "$= {{.args.to}} {{.rep.place.zip}}",
     "mood": "GOOD", "extra": {"k": [1]}, "friends": ["$User:2", "$error nobody", null]},
    {"$key": {"id": "2"}, "name": "$never", "mood": "ODD", "greeting": "$$5"}
  ],
  "Thing": [{"__typename": "Lie", "id": "t", "price": 3}]
}`

// ask sends a request, and returns the status with the body.
func ask(t *testing.T, url, query, variables string) string {
	t.Helper()
	body := `{"query":` + quote(query) + `,"variables":` + variables + `}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func quote(text string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, "\n", " ").Replace(text) + `"`
}

const byRepresentation = `query($r:[_Any!]!){_entities(representations:$r){__typename ...on User{%}...on Thing{price}}}`

func TestRequests(t *testing.T) {
	t.Parallel()
	entities := func(fields string) string { return strings.Replace(byRepresentation, "%", fields, 1) }
	for _, tt := range []struct {
		name, query, variables, want string
		faults                       []string // texts in them
	}{
		{"fields, aliases and fragments", `{u:me{id ...F ...on Being{__typename}}} fragment F on User{id n:name mood extra place{zip}}`, `{}`,
			`{"data":{"u":{"id":"1","n":"Ada","mood":"GOOD","extra":{"k":[1]},"place":{"zip":"Z"},"__typename":"User"}}}`, nil},
		{"conditions", `query($y:Boolean!){me{id @skip(if:$y) mail @include(if:$y)}}`, `{"y":true}`, `{"data":{"me":{"mail":"a@x"}}}`, nil},
		{"an argument that decides", `query($n:Int){users(first:$n){id}}`, `{"n":1}`, `{"data":{"users":[{"id":"1"}]}}`, nil},
		{"a field without data is a fault", `{users{id}}`, `{}`,
			`{"data":null,"errors":[{"message":"User.id may not be asked here, there are no data for it","path":["users",1,"id"]}]}`, []string{"users[1].id: User.id may not be asked"}},
		{"what may never be asked", `{me{friends{name}}}`, `{}`,
			`{"data":{"me":{"friends":[{"name":null},null,null]}},"errors":[{"message":"this may never be asked","path":["me","friends",0,"name"]},{"message":"nobody","path":["me","friends",1]}]}`,
			[]string{"me.friends[0].name: this may never be asked in {me"}},
		{"abstract types, and objects of none", `{any{__typename id ...on Robot{serial}}}`, `{}`,
			`{"data":{"any":[{"__typename":"User","id":"1"},null,null]},"errors":[{"message":"Cannot return null for a non-nullable field.","path":["any",1,"serial"]},{"message":"\"Ghost\" is no type of a Being","path":["any",2]}]}`, nil},
		{"an enum value that is none, and text with a dollar sign", `{me{friends{mood greeting}}}`, `{}`,
			`{"data":{"me":{"friends":[{"mood":null,"greeting":"$5"},null,null]}},"errors":[{"message":"ODD is no Mood","path":["me","friends",0,"mood"]},{"message":"nobody","path":["me","friends",1]}]}`, nil},
		{"null goes up to the root", `{strict{id}}`, `{}`, `{"data":null,"errors":[{"message":"Cannot return null for a non-nullable field.","path":["strict"]}]}`, nil},
		{"an invalid request", `{me{nothing}}`, `{}`, `{"errors":[{"message":"{me{nothing}}: input:1:5: Cannot query field \"nothing\" on type \"User\".\n"}]}`, []string{"Cannot query field"}},
		{"a variable that is not declared", `{me{id}}`, `{"x":1}`, `{"errors":[{"message":"{me{id}}: the variable x is not declared"}]}`, []string{"not declared"}},
		{"entities by each key", entities(`mail born`), `{"r":[{"__typename":"User","id":"1","age":4},{"__typename":"User","mail":"a@x","place":{"zip":"Z"},"age":5},{"__typename":"User","id":"none","age":1}]}`,
			`{"data":{"_entities":[{"__typename":"User","mail":"a@x","born":8},{"__typename":"User","mail":"a@x","born":10},null]}}`, nil},
		{"a requirement within", entities(`greeting(to:"Hi")`), `{"r":[{"__typename":"User","id":"1","place":{"zip":"Y"}}]}`, `{"data":{"_entities":[{"__typename":"User","greeting":"Hi Y"}]}}`, nil},
		{"an interface object that lies", entities(`id`), `{"r":[{"__typename":"Thing","id":"t"}]}`, `{"data":{"_entities":[{"__typename":"Lie","price":3}]}}`, nil},
		{"a requirement that is missing", entities(`born`), `{"r":[{"__typename":"User","id":"1"}]}`, ``, []string{"lacks age"}},
		{"more than a key", entities(`mail`), `{"r":[{"__typename":"User","id":"1","mail":"a@x"}]}`, ``, []string{"has mail, which belongs neither to one key"}},
		{"more within a key", entities(`mail`), `{"r":[{"__typename":"User","mail":"a@x","place":{"zip":"Z","city":"C"}}]}`, ``, []string{"place: has city"}},
		{"no key", entities(`mail`), `{"r":[{"__typename":"User"}]}`, ``, []string{"lacks id"}},
		{"a key that is not resolvable", entities(`mail`), `{"r":[{"__typename":"User","name":"Ada"}]}`, ``, []string{"lacks"}},
		{"a key of nulls", entities(`mail`), `{"r":[{"__typename":"User","id":null}]}`, ``, []string{"key of nulls"}},
		{"no type", entities(`mail`), `{"r":[{"id":"1"}]}`, ``, []string{"no __typename"}},
		{"a type that is not known", entities(`mail`), `{"r":[{"__typename":"Alien","id":"1"}]}`, ``, []string{"Alien is no type"}},
		{"a type without keys", entities(`mail`), `{"r":[{"__typename":"Robot","id":"1"}]}`, ``, []string{"Robot has no key"}},
		{"one entity twice", entities(`mail`), `{"r":[{"__typename":"User","id":"1"},{"id":"1","__typename":"User"}]}`, ``, []string{"comes twice"}},
		{"mutations in turn", `mutation{rename(id:1,name:"Bob"){name} forget(id:1) count}`, `{}`, `{"data":{"rename":{"name":"Bob"},"forget":true,"count":42}}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := subgraphtest.New(sdl, []byte(data))
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewServer(s)
			defer srv.Close()
			got := ask(t, srv.URL, tt.query, tt.variables)
			if tt.want != "" {
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("the answer (-want +got):\n%s", diff)
				}
			}
			faults := s.Faults()
			if len(faults) != len(tt.faults) {
				t.Fatalf("the faults are %q, want %q", faults, tt.faults)
			}
			for i, want := range tt.faults {
				if !strings.Contains(faults[i], want) {
					t.Errorf("the fault is %q, want %q", faults[i], want)
				}
			}
		})
	}
}

func TestMutationsChangeWhatFollows(t *testing.T) {
	t.Parallel()
	s, url := subgraphtest.Start(t, sdl, data)
	for _, step := range [][2]string{
		{`mutation{rename(id:"7",name:"New"){name}}`, `{"data":{"rename":{"name":"New"}}}`},
		{`mutation{rename(id:"1",name:"Eve"){id}}`, `{"data":{"rename":{"id":"1"}}}`},
		{`{me{name}}`, `{"data":{"me":{"name":"Eve"}}}`},
	} {
		if got := ask(t, url, step[0], "{}"); got != step[1] {
			t.Errorf("%s answers %s, want %s", step[0], got, step[1])
		}
	}
	if n := len(s.Requests()); n != 3 {
		t.Errorf("there were %d requests, want 3", n)
	}
}

func TestFederation1(t *testing.T) {
	t.Parallel()
	const old = `extend type Query { top: Product }
extend type Product @key(fields: "upc") { upc: String! @external  inStock: Boolean }`
	_, url := subgraphtest.Start(t, old, `{"Query": {"top": "$Product:1"}, "Product": [{"upc": "1", "inStock": true}]}`)
	for query, want := range map[string]string{
		`{top{upc}}`:      `{"data":{"top":{"upc":"1"}}}`,
		`{_service{sdl}}`: `{"data":{"_service":{"sdl":` + strings.ReplaceAll(`"`+strings.NewReplacer(`"`, `\"`, "\n", `\n`).Replace(old)+`"`, "\t", " ") + `}}}`,
		`{_entities(representations:[{__typename:"Product",upc:"1"}]){...on Product{inStock}}}`: `{"data":{"_entities":[{"inStock":true}]}}`,
	} {
		if diff := cmp.Diff(want, ask(t, url, query, "{}")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

func TestMistakesInData(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`[]`:                `want an object`,
		`{"Nobody": []}`:    `no type Nobody`,
		`{"User": ["x"]}`:   `item 0 is no object`,
		`{"User": []} true`: `more than one value`,
	} {
		if _, err := subgraphtest.New(sdl, []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New with %s = %v, want %q", text, err, want)
		}
	}
}
