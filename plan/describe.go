package plan

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/schema"
)

// Labels says how a source is called where a plan is shown.
type Labels func(*schema.Source) Label

// Label is how one source is called.
type Label struct {
	Service string // empty if there is no call
	Request string // in a few words
	// Joined: fetches for objects that become ready at the same moment are one call.
	Joined bool
	Batch  int // how many objects a call takes of those fetches; 0: any number
}

// Description is a plan for people and for tools.
type Description struct {
	Operation string         `json:"operation"`
	Fetches   []FetchSummary `json:"fetches"`
	Calls     []ServiceCalls `json:"calls"`
}

// FetchSummary is one fetch of a [Description].
type FetchSummary struct {
	ID      int      `json:"id"`
	After   []int    `json:"after,omitempty"` // the fetches that come before
	Service string   `json:"service,omitempty"`
	Source  string   `json:"source"`
	Request string   `json:"request,omitempty"`
	Path    string   `json:"path,omitempty"`  // of the objects it is made for, lists marked with "@"
	For     string   `json:"for,omitempty"`   // the types of those objects
	Needs   []string `json:"needs,omitempty"` // what is read of them
	Selects string   `json:"selects"`
	// Query is the text of the operation, for a source with a query language. A fetch that goes With another is part of
	// one request with it; the text is that of its part alone.
	Query   string `json:"query,omitempty"`
	With    int    `json:"with,omitempty"` // the fetch whose calls ask for this one too; 0: it has calls of its own
	Calls   string `json:"calls"`          // how many calls it makes, see ServiceCalls
	atLeast int
	atMost  int // -1: as many as there are objects
	batch   int // objects of one call; 0: any number
	objects string
	lists   bool
}

// ServiceCalls predicts the calls that a plan makes to one service.
type ServiceCalls struct {
	Service string `json:"service"`
	// Calls is a number or a sum: n₂ stands for the number of distinct objects that fetch 2 is made for, ⌈n₂/50⌉ for as
	// many calls as batches of 50 of them.
	Calls   string `json:"calls"`
	AtLeast int    `json:"atLeast"`
	AtMost  *int   `json:"atMost"` // null: it depends on the number of objects
}

// Describe summarises p.
func (p *Plan) Describe(labels Labels) *Description {
	d := &Description{Operation: string(p.Operation), Fetches: []FetchSummary{}, Calls: []ServiceCalls{}}
	j := joiner{leads: make([]int, len(p.Fetches)), first: map[moment]int{}}
	for _, f := range p.Fetches {
		l := labels(f.Source)
		s := FetchSummary{ID: f.ID, After: f.Deps, Source: f.Source.Name, Service: l.Service, Request: l.Request}
		lists := false
		var path []string
		for _, step := range f.Path {
			part := step.Key
			if step.On != nil && len(path) > 0 {
				path[len(path)-1] += "|[" + names(step.On, "|") + "]"
			}
			if step.List {
				part, lists = part+".@", true
			}
			path = append(path, part)
		}
		s.Path = strings.Join(path, ".")
		var types, selects []string
		for _, e := range f.Entries {
			if len(f.Path) > 0 {
				if e.On != nil {
					types = append(types, names(e.On, "|"))
				} else {
					types = append(types, e.Entrance.On.Name)
				}
			}
			if e.Needs != nil {
				s.Needs = append(s.Needs, e.Needs.names()...)
			}
			selects = append(selects, e.Want.text())
		}
		slices.Sort(s.Needs)
		s.Needs = slices.Compact(s.Needs)
		s.For = strings.Join(types, ", ")
		s.Selects = strings.Join(selects, " ")
		if f.Query != nil {
			s.Query = f.Query.Text
		}
		s.batch, s.objects, s.lists = f.Entries[0].Entrance.Batch, "n"+subscript(s.ID), lists
		if l.Joined && l.Batch > 0 {
			s.batch = l.Batch
		}
		if lead := j.lead(f, l.Joined); lead != f.ID {
			d.Fetches[lead].take(&s)
		} else {
			s.count(len(f.Path) > 0)
		}
		d.Fetches = append(d.Fetches, s)
	}
	d.Calls = d.perService()
	return d
}

// joiner finds the fetches whose calls can ask for others too: those that become ready together.
type joiner struct {
	leads []int // for each fetch, the one that it goes with
	first map[moment]int
}

// moment is when fetches of a source become ready.
type moment struct {
	source *schema.Source
	after  string
}

// lead returns the first fetch that becomes ready together with f, which may be f itself.
func (j *joiner) lead(f *Fetch, joined bool) int {
	j.leads[f.ID] = f.ID
	if !joined || len(f.Path) == 0 {
		return f.ID
	}
	var after []int
	for _, d := range f.Deps {
		after = append(after, j.leads[d])
	}
	slices.Sort(after)
	m := moment{f.Source, fmt.Sprint(slices.Compact(after))}
	first, ok := j.first[m]
	if !ok {
		j.first[m] = f.ID
		return f.ID
	}
	j.leads[f.ID] = first
	return first
}

// take has the calls of s ask for what another fetch wants.
func (s *FetchSummary) take(other *FetchSummary) {
	other.With, other.Calls = s.ID, "0"
	s.objects += "+" + other.objects
	s.lists = s.lists || other.lists
	s.count(true)
}

// count predicts the calls of one fetch.
func (s *FetchSummary) count(entities bool) {
	one := s.batch == 0 || !s.lists && strings.Count(s.objects, "+") < s.batch
	switch {
	case s.Service == "":
		s.Calls = "0"
	case !entities:
		s.Calls, s.atLeast, s.atMost = "1", 1, 1
	case one:
		s.Calls, s.atMost = "1", 1
	case s.batch == 1:
		s.Calls, s.atMost = s.objects, -1
	case strings.Contains(s.objects, "+"):
		s.Calls, s.atMost = fmt.Sprintf("⌈(%s)/%d⌉", s.objects, s.batch), -1
	default:
		s.Calls, s.atMost = fmt.Sprintf("⌈%s/%d⌉", s.objects, s.batch), -1
	}
}

func (d *Description) perService() []ServiceCalls {
	out := []ServiceCalls{}
	for _, f := range d.Fetches {
		if f.Service == "" {
			continue
		}
		i := slices.IndexFunc(out, func(c ServiceCalls) bool { return c.Service == f.Service })
		if i < 0 {
			i = len(out)
			out = append(out, ServiceCalls{Service: f.Service, AtMost: new(int)})
		}
		c := &out[i]
		c.AtLeast += f.atLeast
		if f.atMost < 0 {
			c.AtMost = nil
			c.Calls += " + " + f.Calls
		} else if c.AtMost != nil {
			*c.AtMost += f.atMost
		}
	}
	for i := range out { // the fixed part first, as one number
		fixed := 0
		for _, f := range d.Fetches {
			if f.Service == out[i].Service && f.atMost > 0 {
				fixed += f.atMost
			}
		}
		if fixed > 0 {
			out[i].Calls = fmt.Sprint(fixed) + out[i].Calls
		} else {
			out[i].Calls = strings.TrimPrefix(out[i].Calls, " + ")
		}
	}
	slices.SortFunc(out, func(a, b ServiceCalls) int { return strings.Compare(a.Service, b.Service) })
	return out
}

// Write prints the description as a tree: each fetch stands below the last one it waits for.
func (d *Description) Write(w io.Writer) error {
	var b strings.Builder
	b.WriteString(d.Operation + "\n")
	below := map[int][]int{}
	for _, f := range d.Fetches {
		parent := -1
		if len(f.After) > 0 {
			parent = f.After[len(f.After)-1]
		}
		below[parent] = append(below[parent], f.ID)
	}
	var tree func(parent int, indent string)
	tree = func(parent int, indent string) {
		for i, id := range below[parent] {
			branch, next := "├─ ", "│  "
			if i == len(below[parent])-1 {
				branch, next = "└─ ", "   "
			}
			d.Fetches[id].write(&b, indent+branch, indent+next)
			tree(id, indent+next)
		}
	}
	tree(-1, "")
	if len(d.Fetches) == 0 {
		b.WriteString("└─ nothing is fetched: the gateway answers from the schema\n")
	}
	if len(d.Calls) > 0 {
		b.WriteString("calls\n")
		for _, c := range d.Calls {
			fmt.Fprintf(&b, "   %s: %s\n", c.Service, c.Calls)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *FetchSummary) write(b *strings.Builder, first, rest string) {
	request := s.Request
	if request == "" {
		request = s.Source
	}
	fmt.Fprintf(b, "%s%d  %s", first, s.ID, request)
	switch {
	case s.With > 0:
		fmt.Fprintf(b, "   in the call of %d", s.With)
	case s.Calls != "1":
		fmt.Fprintf(b, "   calls: %s", s.Calls)
	}
	b.WriteString("\n")
	if s.Path != "" {
		fmt.Fprintf(b, "%s   for each %s at %s", rest, s.For, s.Path)
		if len(s.Needs) > 0 {
			fmt.Fprintf(b, ", by %s", strings.Join(s.Needs, ", "))
		}
		b.WriteString("\n")
	}
	if len(s.After) > 1 {
		fmt.Fprintf(b, "%s   after %s\n", rest, strings.Trim(strings.ReplaceAll(fmt.Sprint(s.After), " ", ", "), "[]"))
	}
	fmt.Fprintf(b, "%s   %s\n", rest, s.Selects)
}

func (n *Needs) names() []string {
	var out []string
	list := func(fields []Need) {
		for _, f := range fields {
			name := f.Name
			if f.Sub != nil {
				name += " { " + strings.Join(f.Sub.names(), " ") + " }"
			}
			out = append(out, name)
		}
	}
	list(n.Fields)
	for _, o := range n.On {
		list(o.Fields)
	}
	return out
}

// text is the tree in the GraphQL language.
func (t *Tree) text() string {
	var parts []string
	list := func(fields []TreeField) (out []string) {
		for _, f := range fields {
			text := f.Select.Name
			for i, a := range f.Select.Args {
				if i == 0 {
					text += "("
				} else {
					text += ", "
				}
				text += a.Name + ": " + a.Value.String()
			}
			if len(f.Select.Args) > 0 {
				text += ")"
			}
			if f.Sub != nil {
				text += " " + f.Sub.text()
			}
			out = append(out, text)
		}
		return out
	}
	if t.Typename >= 0 || len(t.Fields) == 0 && len(t.On) == 0 {
		parts = append(parts, typenameKey)
	}
	parts = append(parts, list(t.Fields)...)
	for _, o := range t.On {
		parts = append(parts, "... on "+o.Type.Name+" { "+strings.Join(list(o.Fields), " ")+" }")
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

// subscript writes a number in small digits below the line.
func subscript(n int) string {
	return strings.Map(func(r rune) rune { return r - '0' + '₀' }, fmt.Sprint(n))
}
