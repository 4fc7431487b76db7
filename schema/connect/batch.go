package connect

import (
	"strings"

	"github.com/sluice-gateway/sluice/mapping"
)

// checkBatchAndThis refuses connectors that would be called for one object and for several at once.
func (r *reader) checkBatchAndThis(s *site) {
	var batch, this *use
	for i := range s.uses {
		switch u := &s.uses[i]; {
		case u.name == "$batch" && batch == nil:
			batch = u
		case u.name == "$this" && this == nil:
			this = u
		}
	}
	if batch == nil || this == nil {
		return
	}
	later := this
	if batch.phase > this.phase {
		later = batch
	}
	r.fail(s, CodeBatchAndThis, r.places.in(later.value, later.offset),
		"The connector uses both $batch, which is several objects, and $this, which is one; use one of them.")
}

// checkBatchKey checks that the answers of a batch can be matched with the objects they are for: each must have the key,
// and have it from the response.
func (r *reader) checkBatchKey(s *site) {
	if s.connector.Batch && s.needs != nil {
		r.batchKey(s, s.needs, s.connector.Selection.Output(), nil)
	}
}

func (r *reader) batchKey(s *site, needs *fieldSet, o *mapping.Output, path []string) {
	for _, name := range needs.order {
		at := append(path[:len(path):len(path)], name)
		found := keyed(o, name)
		if len(found) == 0 {
			r.fail(s, CodeBatchKeyMissing, r.selectionPlace(s),
				"The selection must give the field %q, because $batch.%s is what the answers are matched by.", strings.Join(at, "."), strings.Join(at, "."))
			continue
		}
		for _, f := range found {
			if root := f.Value.Root; len(root) > 1 {
				c := credits{r, s}
				c.fail(CodeBatchKeyNotRoot, f.Offset,
					"The field %q must come from the response, not from %s: the answers of a batch are matched by it.", strings.Join(at, "."), root)
				s.broken = true
				continue
			}
			r.batchKey(s, needs.sub[name], f.Value, at)
		}
	}
}

// keyed returns the fields of a name, those of all alternatives.
func keyed(o *mapping.Output, name string) []mapping.OutputField {
	var out []mapping.OutputField
	for _, f := range o.Fields {
		if f.Key == name {
			out = append(out, f)
		}
	}
	for _, a := range o.Alternatives {
		out = append(out, keyed(a, name)...)
	}
	return out
}
