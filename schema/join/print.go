package join

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/link"
	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/sdl"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// Print returns a supergraph as schema definition language, in the newest version of the join specification that is known
// here. The same supergraph is always printed in the same way, and [Read] gives it back.
func Print(s *Supergraph) string {
	p := &printer{merged: s.Merged, graphs: s.Graphs, enum: enumNames(s.Graphs), used: map[string]bool{}}
	for i, declared := range s.Merged.Subgraphs {
		p.connectors = append(p.connectors, connectorsOf(declared))
		p.contexts = append(p.contexts, map[string][]string{})
		for _, t := range declared.Types {
			if len(t.Contexts) > 0 {
				p.contexts[i][t.Name] = t.Contexts
			}
		}
	}
	body := &sdl.Printer{DirectiveLines: true}
	for _, t := range s.Merged.Types {
		if t.Name == "Query" {
			t = p.everywhere(t)
		}
		body.Definition(p.definition(t))
	}
	return p.head() + "\n" + body.String()
}

// printer makes the definitions of a supergraph.
type printer struct {
	merged     *merge.Schema
	graphs     []Graph
	enum       []string              // the values of the enum of subgraphs
	connectors []*connectors         // of each subgraph; nil without
	contexts   []map[string][]string // of each subgraph, by type
	used       map[string]bool       // names of the specifications whose directives are applied
}

// everywhere returns a type as if all subgraphs had it. Other routers take that for granted of Query, through which they ask
// for entities.
func (p *printer) everywhere(t *merge.Type) *merge.Type {
	all := *t
	all.In = nil
	for i := range p.graphs {
		at, ok := slices.BinarySearchFunc(t.In, i, func(in merge.TypeIn, i int) int { return cmp.Compare(in.Subgraph, i) })
		if ok {
			all.In = append(all.In, t.In[at])
			continue
		}
		all.In = append(all.In, merge.TypeIn{Subgraph: i, Decl: &subgraph.Type{Name: t.Name, Kind: t.Kind}})
	}
	return &all
}

// enumNames returns the values that stand for subgraphs: names in capitals, made unique.
func enumNames(graphs []Graph) []string {
	names := make([]string, len(graphs))
	count := map[string]int{}
	for i, g := range graphs {
		names[i] = enumName(g.Name)
		count[names[i]]++
	}
	next := map[string]int{}
	for i, name := range names {
		if count[name] > 1 {
			next[name]++
			names[i] = name + "_" + strconv.Itoa(next[name])
		}
	}
	return names
}

func enumName(name string) string {
	clean := []byte(strings.ToUpper(name))
	for i, c := range clean {
		if !nameByte(c, 1) {
			clean[i] = '_'
		}
	}
	s := string(clean)
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		s = "_" + s
	}
	// A number at the end is what makes names unique.
	if digits := strings.TrimRight(s, "0123456789"); digits != s && strings.HasSuffix(digits, "_") {
		s += "_"
	}
	return s
}

// head makes everything before the types of the supergraph: links, and the definitions of what they link.
func (p *printer) head() string {
	schema := &ast.SchemaDefinition{}
	specs := slices.Clone(always[:])
	for _, s := range sometimes {
		if p.used[s.name] {
			specs = append(specs, s)
		}
	}
	var directives ast.DirectiveDefinitionList
	var types ast.DefinitionList
	for _, s := range specs {
		schema.Directives = append(schema.Directives, s.link())
		doc := s.parse()
		directives, types = append(directives, doc.Directives...), append(types, doc.Definitions...)
	}
	if v := p.connectVersion(); v != "" {
		schema.Directives = append(schema.Directives, linkTo("https://specs.apollo.dev/connect/"+v, "", "EXECUTION", nil))
	}
	for _, f := range p.merged.Features {
		schema.Directives = append(schema.Directives, linkTo(f.URL, featureName(f), f.Purpose, imports(f.Imports)))
		directives, types = append(directives, f.Directives...), append(types, f.Types...)
	}
	schema.Directives = append(schema.Directives, p.schemaDirectives()...)
	for _, op := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		if root, _ := subgraph.RootName(op); p.merged.Type(root) != nil {
			schema.OperationTypes = append(schema.OperationTypes, &ast.OperationTypeDefinition{Operation: op, Type: root})
		}
	}
	out := &sdl.Printer{DirectiveLines: true}
	out.Schema(schema)
	for _, d := range sorted(append(directives, p.merged.Directives...)) {
		out.Directive(d)
	}
	types = append(types, p.graphEnum())
	slices.SortStableFunc(types, func(a, b *ast.Definition) int { return cmp.Compare(a.Name, b.Name) })
	for _, t := range types {
		out.Definition(t)
	}
	return out.String()
}

// featureName returns the name that a link needs because it is not the specification's own.
func featureName(f *merge.Feature) string {
	d := linkTo(f.URL, "", "", nil)
	links, _ := link.Of(&ast.SchemaDocument{Schema: ast.SchemaDefinitionList{{Directives: ast.DirectiveList{d}}}})
	if all := links.All(); len(all) == 1 && all[0].As == f.As {
		return ""
	}
	return f.As
}

func imports(list []link.Import) *ast.Value {
	v := &ast.Value{Kind: ast.ListValue}
	for _, i := range list {
		item := textValue(i.Name)
		if i.As != i.Name {
			item = &ast.Value{Kind: ast.ObjectValue, Children: ast.ChildValueList{{Name: "name", Value: item}, {Name: "as", Value: textValue(i.As)}}}
		}
		v.Children = append(v.Children, &ast.ChildValue{Value: item})
	}
	return v
}

// graphEnum makes the enum of subgraphs.
func (p *printer) graphEnum() *ast.Definition {
	def := &ast.Definition{Kind: ast.Enum, Name: "join__Graph"}
	for i, g := range p.graphs {
		url := g.URL
		if url == "" && p.connectors[i] != nil {
			url = "none" // there must be one, though nobody calls it
		}
		def.EnumValues = append(def.EnumValues, &ast.EnumValueDefinition{Name: p.enum[i], Directives: ast.DirectiveList{
			{Name: "join__graph", Arguments: ast.ArgumentList{argument("name", textValue(g.Name)), argument("url", textValue(url))}},
		}})
	}
	return def
}

// graph makes the argument that names a subgraph.
func (p *printer) graph(i int) *ast.Argument { return argument("graph", enumValue(p.enum[i])) }
