package operation

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// guard measures a document that parses, before validation, and refuses what is over a limit. It goes through the text of
// the document once; what fragments expand to is counted, not made.
type guard struct {
	config    Config
	fragments map[string]*fragment
	err       *gqlerror.Error
	nodes     int // of the definition that is measured
	total     int // of the document
}

// fragment is what is known of a fragment so far.
type fragment struct {
	definition *ast.FragmentDefinition
	state      fragmentState
	expanded   extent
	nodes      int         // of its own text
	spreads    []*fragment // that its text mentions, each once
}

type fragmentState uint8

const (
	unknown fragmentState = iota
	measuring
	measured
)

// extent is how large a selection is with its fragments expanded.
type extent struct {
	depth, fields, roots, aliases int
}

// most is where counting ends: far above every limit, far below an overflow.
const most = 1 << 40

func (e *extent) add(o extent) {
	e.depth = max(e.depth, o.depth)
	e.fields = min(e.fields+o.fields, most)
	e.roots = min(e.roots+o.roots, most)
	e.aliases = min(e.aliases+o.aliases, most)
}

// check returns what is wrong with the size of a document, or nil, and the number of its nodes.
func check(doc *ast.QueryDocument, config Config) (nodes int, err *gqlerror.Error) {
	if n := len(doc.Operations) + len(doc.Fragments); n > config.MaxDefinitions {
		return 0, tooLarge(nil, fmt.Sprintf("The document has %d operations and fragments; at most %d are allowed.", n, config.MaxDefinitions))
	}
	g := &guard{config: config, fragments: make(map[string]*fragment, len(doc.Fragments))}
	for _, f := range doc.Fragments {
		if g.fragments[f.Name] == nil { // of several with one name the first counts, as in validation
			g.fragments[f.Name] = &fragment{definition: f}
		}
	}
	type root struct {
		nodes   int
		spreads []*fragment
	}
	var roots []root
	for _, op := range doc.Operations {
		g.nodes = 0
		var spreads []*fragment
		g.directives(op.Directives, op.Position)
		for _, v := range op.VariableDefinitions {
			g.nodes++
			g.value(v.DefaultValue)
			g.directives(v.Directives, v.Position)
		}
		size := g.selection(op.SelectionSet, &spreads)
		g.total += g.nodes
		roots = append(roots, root{g.nodes, spreads})
		g.compare(size, op)
	}
	for _, f := range doc.Fragments {
		known := g.fragments[f.Name]
		g.measure(known)
		roots = append(roots, root{known.nodes, known.spreads})
	}
	// Validation walks from every operation and from every fragment into all the fragments that can be reached. Counting
	// that takes a step for each fragment on the way, and ends where there are too many.
	steps := 0
	for _, r := range roots {
		steps += r.nodes
		reached := map[*fragment]bool{}
		for queue := slices.Clip(r.spreads); len(queue) > 0 && steps <= config.MaxValidationSteps; queue = queue[1:] {
			steps++
			if f := queue[0]; !reached[f] {
				reached[f] = true
				steps += f.nodes
				queue = append(queue, f.spreads...)
			}
		}
	}
	if g.err == nil && steps > config.MaxValidationSteps {
		g.refuse(nil, "The document takes more than %d steps to validate.", config.MaxValidationSteps)
	}
	return g.total, g.err
}

func (g *guard) refuse(p *ast.Position, format string, args ...any) {
	if g.err == nil {
		g.err = tooLarge(p, fmt.Sprintf(format, args...))
	}
}

// compare holds the size of an operation against the limits.
func (g *guard) compare(size extent, op *ast.OperationDefinition) {
	for _, l := range []struct {
		got, limit int
		format     string
	}{
		{size.depth, g.config.MaxDepth, "The fields of the operation nest more than %d levels deep."},
		{size.roots, g.config.MaxRootFields, "The operation has more than %d root fields."},
		{size.aliases, g.config.MaxAliases, "The operation has more than %d aliases."},
		{size.fields, g.config.MaxFields, "The operation has more than %d fields."},
	} {
		if l.got > l.limit {
			g.refuse(op.Position, l.format, l.limit)
		}
	}
}

// measure makes sure that a fragment is measured. One that contains itself counts as nothing there: validation refuses it.
func (g *guard) measure(f *fragment) {
	if f.state != unknown {
		return
	}
	f.state = measuring
	outer := g.nodes
	g.nodes = 0
	g.directives(f.definition.Directives, f.definition.Position)
	f.expanded = g.selection(f.definition.SelectionSet, &f.spreads)
	f.nodes = g.nodes
	g.total += f.nodes
	g.nodes = outer
	f.state = measured
}

// selection measures a selection set and notes the fragments that it mentions.
func (g *guard) selection(set ast.SelectionSet, spreads *[]*fragment) (size extent) {
	for _, s := range set {
		g.nodes++
		switch s := s.(type) {
		case *ast.Field:
			g.directives(s.Directives, s.Position)
			g.arguments(s.Arguments)
			below := g.selection(s.SelectionSet, spreads)
			below.depth++
			below.fields++
			below.roots = 1
			if s.Alias != s.Name {
				below.aliases++
			}
			size.add(below)
		case *ast.InlineFragment:
			g.directives(s.Directives, s.Position)
			size.add(g.selection(s.SelectionSet, spreads))
		case *ast.FragmentSpread:
			g.directives(s.Directives, s.Position)
			if f := g.fragments[s.Name]; f != nil {
				*spreads = append(*spreads, f)
				g.measure(f)
				size.add(f.expanded)
			}
		}
	}
	return size
}

func (g *guard) directives(list ast.DirectiveList, p *ast.Position) {
	if len(list) > g.config.MaxDirectives {
		g.refuse(p, "There are more than %d directives at one place.", g.config.MaxDirectives)
	}
	for _, d := range list {
		g.nodes++
		g.arguments(d.Arguments)
	}
}

func (g *guard) arguments(list ast.ArgumentList) {
	for _, a := range list {
		g.nodes++
		g.value(a.Value)
	}
}

func (g *guard) value(v *ast.Value) {
	if v == nil {
		return
	}
	g.nodes++
	for _, c := range v.Children {
		g.value(c.Value)
	}
}
