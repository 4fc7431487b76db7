package merge

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// mergeCarried merges the directives that the declarations of one element carry. What several say of a cost is the
// greatest, what guards an element must all be met, what can be repeated is united. Of others one application is kept, the
// one that most of the declarations have.
func mergeCarried(decls ...ast.DirectiveList) Carried {
	groups := map[string]ast.DirectiveList{}
	var names []string
	for _, list := range decls {
		for _, d := range list {
			if groups[d.Name] == nil {
				names = append(names, d.Name)
			}
			groups[d.Name] = append(groups[d.Name], d)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a, b)) })
	var out Carried
	for _, name := range names {
		out = append(out, mergeApplications(name, groups[name])...)
	}
	return out
}

// federated are the directives of the federation that are carried, in the order in which they are.
var federated = [...]string{"authenticated", "requiresScopes", "policy", "cost", "listSize", "cacheTag"}

func order(name string) int {
	if i := slices.Index(federated[:], name); i >= 0 {
		return i
	}
	return len(federated)
}

func mergeApplications(name string, all ast.DirectiveList) ast.DirectiveList {
	first := all[0]
	switch name {
	case "authenticated":
		return ast.DirectiveList{first}
	case "requiresScopes", "policy":
		g := guardOf(all)
		return g.directives()
	case "cost":
		return ast.DirectiveList{withArguments(first, greatest(all, "weight"))}
	case "listSize":
		return ast.DirectiveList{withArguments(first, greatest(all, "assumedSize"), united(all, "slicingArguments"), united(all, "sizedFields"),
			requireOne(all))}
	case "cacheTag":
		return distinct(all)
	}
	if first.Definition != nil && !first.Definition.IsRepeatable {
		return ast.DirectiveList{mostUsed(all)}
	}
	return distinct(all)
}

func withArguments(d *ast.Directive, args ...*ast.Argument) *ast.Directive {
	out := *d
	out.Arguments = slices.DeleteFunc(args, func(a *ast.Argument) bool { return a == nil })
	return &out
}

// greatest returns the greatest of the values that applications give an argument, nil if none does.
func greatest(all ast.DirectiveList, name string) *ast.Argument {
	var best *ast.Argument
	most := 0
	for _, d := range all {
		a := d.Arguments.ForName(name)
		if a == nil || a.Value.Kind != ast.IntValue {
			continue
		}
		n, err := strconv.Atoi(a.Value.Raw)
		if err == nil && (best == nil || n > most) {
			best, most = a, n
		}
	}
	return best
}

// united returns all members of the lists that applications give an argument, nil if none gives one.
func united(all ast.DirectiveList, name string) *ast.Argument {
	var out *ast.Argument
	var seen []string
	for _, d := range all {
		a := d.Arguments.ForName(name)
		if a == nil || a.Value.Kind == ast.NullValue {
			continue
		}
		members := a.Value.Children
		if a.Value.Kind != ast.ListValue { // one value stands for a list of one
			members = ast.ChildValueList{{Value: a.Value}}
		}
		if out == nil {
			out = &ast.Argument{Name: name, Value: &ast.Value{Kind: ast.ListValue, Position: a.Value.Position}, Position: a.Position}
		}
		for _, m := range members {
			if text := m.Value.String(); !slices.Contains(seen, text) {
				seen = append(seen, text)
				out.Value.Children = append(out.Value.Children, m)
			}
		}
	}
	return out
}

// requireOne returns the argument of @listSize that asks for one of the slicing arguments: only where all ask for it.
func requireOne(all ast.DirectiveList) *ast.Argument {
	for _, d := range all {
		if a := d.Arguments.ForName("requireOneSlicingArgument"); a != nil && a.Value.Raw == "false" {
			return a
		}
	}
	return nil // the default value
}

// distinct leaves out applications that say what another one has said.
func distinct(all ast.DirectiveList) ast.DirectiveList {
	var out ast.DirectiveList
	var seen []string
	for _, d := range all {
		if text := application(d); !slices.Contains(seen, text) {
			seen = append(seen, text)
			out = append(out, d)
		}
	}
	return out
}

// mostUsed returns the application that occurs most, the first of them.
func mostUsed(all ast.DirectiveList) *ast.Directive {
	count := map[string]int{}
	best, most := all[0], 0
	for _, d := range all {
		count[application(d)]++
	}
	for _, d := range all {
		if n := count[application(d)]; n > most {
			best, most = d, n
		}
	}
	return best
}

// application is the text of an application, in which the order of arguments does not count.
func application(d *ast.Directive) string {
	args := make([]string, 0, len(d.Arguments))
	for _, a := range d.Arguments {
		args = append(args, a.Name+": "+a.Value.String())
	}
	slices.Sort(args)
	return d.Name + "(" + strings.Join(args, ", ") + ")"
}

// carriedOf are the directives that the declarations of a field carry.
func (f *Field) carriedOf() []ast.DirectiveList {
	out := make([]ast.DirectiveList, 0, len(f.In))
	for _, in := range f.In {
		out = append(out, in.Decl.Carried)
	}
	return out
}
