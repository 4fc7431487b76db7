package plan

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// query writes the request of a fetch to an open source in the GraphQL language, and gives every field its name in
// the answer.
func (c *compiler) query(d *draft, kind ast.Operation) *Query {
	w := &writer{c: c, used: map[string]bool{}}
	q := &Query{Entities: len(d.path) > 0 && d.entries[0].enter.Needs != nil}
	if q.Entities {
		kind = ast.Query
		q.Representations = "representations"
		for c.variables.ForName(q.Representations) != nil {
			q.Representations += "_"
		}
		apart := entryClashes(d.entries)
		for _, e := range d.entries {
			w.WriteString("...on " + e.typ.Name)
			w.selection(e.tree, apart)
		}
		q.Selection = "{" + w.String() + "}"
	} else {
		w.selection(d.entries[0].tree, nil)
		q.Selection = w.String()
	}
	for _, v := range c.variables {
		if w.used[v.Variable] {
			q.Variables = append(q.Variables, v.Variable)
			def := "$" + v.Variable + ":" + v.Type.String()
			if v.DefaultValue != nil {
				def += "=" + v.DefaultValue.String()
			}
			q.Definitions = append(q.Definitions, def)
		}
	}
	for i := range d.contexts {
		name := c.variable(&d.contexts[i])
		if !slices.Contains(q.Variables, name) {
			q.Variables = append(q.Variables, name)
			q.Definitions = append(q.Definitions, "$"+name+":"+d.contexts[i].arg.Type.String())
		}
	}
	defs, body := q.Definitions, q.Selection
	if q.Entities {
		defs = append([]string{"$" + q.Representations + ":[_Any!]!"}, defs...)
		body = "{_entities(representations:$" + q.Representations + ")" + body + "}"
	}
	head := string(kind)
	if len(defs) > 0 {
		head += "(" + strings.Join(defs, ",") + ")"
	}
	q.Text = head + body
	return q
}

type writer struct {
	strings.Builder
	c    *compiler
	used map[string]bool // variables
}

// selection writes what a tree asks for. The names in apart need the declared type in their response name.
func (w *writer) selection(t *draftTree, apart map[string]bool) {
	w.WriteByte('{')
	if t.unsure() || len(t.fields) == 0 && len(t.on) == 0 {
		w.WriteString(typenameKey + " ")
	}
	w.fields(t, apart, false)
	for _, o := range t.on {
		w.WriteString("...on " + o.typ.Name + "{")
		if len(o.tree.fields) == 0 {
			w.WriteString(typenameKey)
		}
		w.fields(o.tree, apart, true)
		w.WriteByte('}')
	}
	w.WriteByte('}')
}

func (w *writer) fields(t *draftTree, apart map[string]bool, inCast bool) {
	for _, f := range t.fields {
		f.out = f.sel.Name
		if f.sel.Key != f.sel.Name {
			f.out += "_" + short(f.sel.Key)
		}
		if apart[f.sel.Name] || inCast && w.c.p.clashes[clash{t.state.src, f.sel.Name}] {
			f.out += "_" + short(f.decl)
		}
		if f.out != f.sel.Name {
			w.WriteString(f.out + ":")
		}
		w.WriteString(f.sel.Name)
		open := byte('(')
		for _, a := range f.sel.Args {
			w.WriteByte(open)
			w.WriteString(a.Name + ":" + a.Value.String())
			w.note(a.Value)
			open = ','
		}
		for i := range f.contexts {
			w.WriteByte(open)
			w.WriteString(f.contexts[i].arg.Name + ":$" + w.c.variable(&f.contexts[i]))
			open = ','
		}
		if open == ',' {
			w.WriteByte(')')
		}
		if f.sub != nil {
			w.selection(f.sub, nil)
		} else {
			w.WriteByte(' ')
		}
	}
}

// short is a part of a name that stands for text.
func short(text string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text)) // a hash never fails to write
	return fmt.Sprintf("%08x", h.Sum32())
}

// note remembers the variables in a value.
func (w *writer) note(v *ast.Value) {
	if v.Kind == ast.Variable {
		w.used[v.Raw] = true
	}
	for _, c := range v.Children {
		w.note(c.Value)
	}
}

// entryClashes finds the fields that the entries of one request declare with different types: GraphQL forbids that
// under one response name although the entries can never meet (specification section 5.3.2).
func entryClashes(entries []*draftEntry) map[string]bool {
	seen, out := map[string]string{}, map[string]bool{}
	look := func(t *draftTree) {
		for _, f := range t.fields {
			if f.decl == "" {
				continue
			}
			if have, ok := seen[f.sel.Name]; ok && have != f.decl {
				out[f.sel.Name] = true
			}
			seen[f.sel.Name] = f.decl
		}
	}
	for _, e := range entries {
		look(e.tree)
		for _, o := range e.tree.on {
			look(o.tree)
		}
	}
	return out
}
