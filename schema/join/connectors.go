package join

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// federationURL is linked by the documents that are made for subgraphs with connectors. Nothing is imported of it, so that
// its names do not meet those of the subgraph.
const federationURL = "https://specs.apollo.dev/federation/v2.3"

// readSchemaDirectives reads what subgraphs have on their schema: links and sources.
func (r *reader) readSchemaDirectives() {
	for _, list := range []ast.SchemaDefinitionList{r.doc.Schema, r.doc.SchemaExtension} {
		for _, def := range list {
			for _, d := range def.Directives {
				if r.is(d.Name) == "join.directive" {
					r.joinDirective(d, "", func(i int, carried *ast.Directive) {
						r.graphs[i].schema = append(r.graphs[i].schema, carried)
					})
				}
			}
		}
	}
}

// joinDirective reads that a directive was applied somewhere in some subgraphs.
func (r *reader) joinDirective(d *ast.Directive, coordinate string, add func(i int, carried *ast.Directive)) {
	carried := &ast.Directive{Name: text(d, "name"), Position: d.Position}
	if carried.Name == "" {
		r.invalid(d.Position, coordinate, "@%s needs the name of a directive.", d.Name)
		return
	}
	if args := d.Arguments.ForName("args"); args != nil && args.Value.Kind != ast.NullValue {
		if args.Value.Kind != ast.ObjectValue {
			r.invalid(args.Value.Position, coordinate, "The argument args of @%s must be an object.", d.Name)
			return
		}
		for _, c := range args.Value.Children {
			carried.Arguments = append(carried.Arguments, &ast.Argument{Name: c.Name, Value: c.Value, Position: c.Position})
		}
	}
	graphs := d.Arguments.ForName("graphs")
	if graphs == nil || graphs.Value.Kind == ast.NullValue {
		return
	}
	values := []*ast.Value{graphs.Value}
	if graphs.Value.Kind == ast.ListValue {
		values = values[:0]
		for _, c := range graphs.Value.Children {
			values = append(values, c.Value)
		}
	}
	for _, v := range values {
		if i, ok := r.graphValue(v, coordinate); ok && r.fact() {
			add(i, carried)
		}
	}
}

// declaredField returns a field as a subgraph declares it, nil if it does not.
func (r *reader) declaredField(g *graph, field *merge.Field) *subgraph.Field {
	for _, in := range field.In {
		if r.graphs[in.Subgraph] == g {
			return in.Decl
		}
	}
	return nil
}

// readTaken declares the fields that a subgraph has lost to another one: it has them in its own document, and its
// connectors speak of them.
func (r *reader) readTaken() {
	byName := map[string]*graph{}
	for _, g := range r.graphs {
		byName[g.Name] = g
	}
	for _, m := range r.types {
		for _, f := range m.Fields {
			for _, in := range f.In {
				if in.Decl.Override == nil {
					continue
				}
				from := byName[in.Decl.Override.From]
				if from == nil || len(from.schema) == 0 || from.byName[m.Name] == nil || r.declaredField(from, f) != nil {
					continue
				}
				decl := from.byName[m.Name]
				decl.Fields = append(decl.Fields, &subgraph.Field{Name: f.Name, Type: f.Definition.Type, Args: in.Decl.Args, Position: in.Decl.Position})
			}
		}
	}
}

// document makes the document of a subgraph anew, as far as the connectors of the subgraph depend on it.
func (r *reader) document(g *graph) *ast.SchemaDocument {
	pos := schemaPosition(r.doc)
	schema := &ast.SchemaDefinition{Position: pos, Directives: append(ast.DirectiveList{{Name: "link", Position: pos, Arguments: ast.ArgumentList{textArgument("url", federationURL, pos)}}}, g.schema...)}
	doc := &ast.SchemaDocument{Schema: ast.SchemaDefinitionList{schema}, Position: pos}
	for _, t := range g.types {
		if op, ok := rootOperation(t.Name); ok {
			schema.OperationTypes = append(schema.OperationTypes, &ast.OperationTypeDefinition{Operation: op, Type: t.Name, Position: pos})
		}
		doc.Definitions = append(doc.Definitions, g.definition(t))
	}
	return doc
}

func rootOperation(name string) (ast.Operation, bool) {
	for _, op := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		if root, _ := subgraph.RootName(op); root == name {
			return op, true
		}
	}
	return "", false
}

// definition makes the definition of a type in a subgraph.
func (g *graph) definition(t *subgraph.Type) *ast.Definition {
	def := &ast.Definition{Kind: t.Kind, Name: t.Name, Description: t.Description, Position: t.Position}
	for _, k := range t.Keys {
		key := &ast.Directive{Name: "federation__key", Position: k.Fields.Position, Arguments: ast.ArgumentList{textArgument("fields", k.Fields.Text, k.Fields.Position)}}
		if !k.Resolvable {
			key.Arguments = append(key.Arguments, &ast.Argument{Name: "resolvable", Position: k.Fields.Position, Value: &ast.Value{Raw: "false", Kind: ast.BooleanValue, Position: k.Fields.Position}})
		}
		def.Directives = append(def.Directives, key)
	}
	if t.InterfaceObject {
		def.Directives = append(def.Directives, &ast.Directive{Name: "federation__interfaceObject", Position: t.Position})
	}
	def.Directives = append(def.Directives, g.onType[t.Name]...)
	for _, i := range t.Interfaces {
		def.Interfaces = append(def.Interfaces, i.Name)
	}
	for _, m := range t.Members {
		def.Types, def.TypePositions = append(def.Types, m.Name), append(def.TypePositions, m.Position)
	}
	for _, v := range t.Values {
		def.EnumValues = append(def.EnumValues, &ast.EnumValueDefinition{Name: v.Name, Description: v.Description, Position: v.Position})
	}
	for _, f := range t.Fields {
		field := &ast.FieldDefinition{Name: f.Name, Description: f.Description, Type: f.Type, DefaultValue: f.Default, Position: f.Position}
		for _, a := range f.Args {
			if a.Context == nil {
				field.Arguments = append(field.Arguments, &ast.ArgumentDefinition{Name: a.Name, Description: a.Description, Type: a.Type, DefaultValue: a.Default, Position: a.Position})
			}
		}
		if f.External {
			field.Directives = append(field.Directives, &ast.Directive{Name: "federation__external", Position: f.Position})
		}
		field.Directives = append(field.Directives, g.onField[f]...)
		def.Fields = append(def.Fields, field)
	}
	return def
}

func textArgument(name, value string, pos *ast.Position) *ast.Argument {
	return &ast.Argument{Name: name, Position: pos, Value: &ast.Value{Raw: value, Kind: ast.StringValue, Position: pos}}
}
