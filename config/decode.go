package config

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/resolvers/subgraph"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

const (
	maxNesting = 100     // of lists and mappings
	maxNodes   = 100_000 // with aliases expanded
)

// decoder brings a YAML tree into Go values. It goes on after a problem, so that all are found, and notes where each value
// stands, so that what is found wrong with it later can be placed.
type decoder struct {
	file       string
	env        func(string) (string, bool)
	problems   problem.List
	places     map[string]place    // by path
	anchors    map[string]ast.Node // by name
	references map[string]string   // what stood for values from the environment, by path
	reported   map[string]bool     // paths with a problem of their own
	files      []string            // that the configuration names
	nodes      int
}

type place struct{ line, column int }

func newDecoder(file string, env func(string) (string, bool)) *decoder {
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	return &decoder{
		file: file, env: env, places: map[string]place{}, anchors: map[string]ast.Node{}, references: map[string]string{},
		reported: map[string]bool{},
	}
}

func (d *decoder) config(body ast.Node, c *Config) {
	if body != nil {
		d.value(body, reflect.ValueOf(c).Elem(), "", 0)
	}
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// join is the path of a key in a mapping: services.accounts, sources["shop.accounts"].
func join(path, key string) string {
	switch {
	case !identifier.MatchString(key):
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

func placeOf(n ast.Node) place {
	if n == nil {
		return place{}
	}
	// The token of a mapping in block style is the colon of its first entry.
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		return placeOf(m.Values[0].Key)
	}
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return place{}
	}
	return place{t.Position.Line, t.Position.Column}
}

func (d *decoder) report(n ast.Node, path, message string) {
	d.add(placeOf(n), path, message)
}

// reportAt reports a problem of a value that was decoded, or is missing. It does so only if neither the value nor what it is
// part of had a problem so far: one mistake is one problem.
func (d *decoder) reportAt(path, message string) {
	for p := path; p != ""; p = parent(p) {
		if d.reported[p] {
			return
		}
	}
	if reference, ok := d.references[path]; ok {
		message = hide(message, reference)
	}
	at, near := place{}, path
	for {
		var ok bool
		if at, ok = d.places[near]; ok || near == "" {
			break
		}
		near = parent(near)
	}
	d.add(at, path, message)
}

// parent is the path of what a value is part of.
func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

var quotation = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// hide takes out of a message what it quotes of a value from the environment, which may be a secret.
func hide(message, reference string) string {
	if strings.Contains(message, "(got ") {
		return quotation.ReplaceAllLiteralString(message[:strings.LastIndex(message, " (got ")], strconv.Quote(reference)) + " (got " + reference + ")"
	}
	return quotation.ReplaceAllLiteralString(message, strconv.Quote(reference))
}

func (d *decoder) add(at place, path, message string) {
	d.reported[path] = true
	if path != "" {
		message = path + ": " + message
	}
	d.problems = append(d.problems, problem.Problem{File: d.file, Line: at.line, Column: at.column, Message: message})
}

// value decodes a node into v.
func (d *decoder) value(n ast.Node, v reflect.Value, path string, depth int) {
	n = d.plain(n, path)
	if n == nil {
		return
	}
	d.places[path] = placeOf(n)
	if d.nodes++; depth > maxNesting || d.nodes > maxNodes {
		if !d.reported["too large"] {
			d.reported["too large"] = true
			d.report(n, path, "the configuration nests too deeply, or is too large")
		}
		return
	}
	if _, null := n.(*ast.NullNode); null {
		return // as if it were not there
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d.duration(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if a, ok := v.Addr().Interface().(*endpoint.Address); ok {
			d.address(n, a, path, depth)
			return
		}
		d.structure(n, v, path, depth)
	case reflect.Map:
		d.mapping(n, v, path, depth)
	case reflect.Slice:
		d.list(n, v, path, depth)
	case reflect.Interface:
		if x := d.any(n, path, depth); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	default:
		d.scalar(n, v, path)
	}
}

// plain is the node behind anchors, aliases and tags; nil if there is none.
func (d *decoder) plain(n ast.Node, path string) ast.Node {
	for range maxNesting {
		switch x := n.(type) {
		case *ast.AnchorNode:
			d.anchors[x.Name.String()] = x.Value
			n = x.Value
		case *ast.AliasNode:
			to, ok := d.anchors[x.Value.String()]
			if !ok {
				d.report(n, path, fmt.Sprintf("there is no anchor &%s before this", x.Value))
				return nil
			}
			n = to
		case *ast.TagNode:
			n = x.Value
		case *ast.MappingValueNode: // a mapping of one entry
			return ast.Mapping(x.Start, false, x)
		default:
			return n
		}
	}
	return nil
}

// entry is one entry of a mapping.
type entry struct {
	key  string
	at   ast.Node
	node ast.Node
}

// entries lists a mapping, with those that it takes over from others by <<. It reports repeated keys.
func (d *decoder) entries(n ast.Node, path string) (out []entry, ok bool) {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		d.report(n, path, "must be a mapping (got "+d.shown(n)+")")
		return nil, false
	}
	seen := map[string]bool{}
	var merged []ast.Node
	for _, v := range m.Values {
		if v.Key.IsMergeKey() {
			merged = append(merged, v.Value)
			continue
		}
		key, isText := keyText(v.Key)
		if !isText {
			d.report(v.Key, path, "a key must be text")
			continue
		}
		if seen[key] {
			d.report(v.Key, join(path, key), "stands here for the second time")
			continue
		}
		seen[key] = true
		out = append(out, entry{key, v.Key, v.Value})
	}
	for _, n := range merged {
		from, isMapping := d.plain(n, path).(*ast.MappingNode)
		if !isMapping {
			d.report(n, path, "<< takes the alias of a mapping")
			continue
		}
		for _, v := range from.Values {
			if key, isText := keyText(v.Key); isText && !seen[key] {
				seen[key] = true
				out = append(out, entry{key, v.Key, v.Value})
			}
		}
	}
	return out, true
}

func keyText(n ast.MapKeyNode) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// hidden are fields that are set elsewhere in the file, with the place.
var hidden = map[string]string{
	"server.listen": `set "listen" at the top level`,
	"server.admin":  `set "admin" at the top level`,
}

func (d *decoder) structure(n ast.Node, v reflect.Value, path string, depth int) {
	entries, ok := d.entries(n, path)
	if !ok {
		return
	}
	fields := map[string]int{}
	var names []string
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("yaml"); name != "" && hidden[join(path, name)] == "" {
			fields[name] = i
			names = append(names, name)
		}
	}
	for _, e := range entries {
		at := join(path, e.key)
		if i, ok := fields[e.key]; ok {
			d.value(e.node, v.Field(i), at, depth+1)
			continue
		}
		message := "there is no such field."
		if where := hidden[at]; where != "" {
			message += " Instead, " + where + "."
		} else {
			message += suggest.DidYouMean("", e.key, names)
		}
		d.report(e.at, at, message)
	}
}

// address decodes an endpoint: a URL, or an object with one.
func (d *decoder) address(n ast.Node, a *endpoint.Address, path string, depth int) {
	a.Weight = 1
	if _, isObject := n.(*ast.MappingNode); isObject {
		d.structure(n, reflect.ValueOf(a).Elem(), path, depth)
		return
	}
	d.scalar(n, reflect.ValueOf(&a.URL).Elem(), path)
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, path string, depth int) {
	entries, ok := d.entries(n, path)
	if !ok {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range entries {
		item := reflect.New(v.Type().Elem()).Elem()
		switch c := item.Addr().Interface().(type) {
		case *upstream.Config:
			*c = upstream.DefaultConfig()
		case *subgraph.Config:
			*c = subgraph.DefaultConfig()
		case *Source:
			*c = defaultSource()
		}
		at := join(path, e.key)
		d.places[at] = placeOf(e.at)
		d.value(e.node, item, at, depth+1)
		v.SetMapIndex(reflect.ValueOf(e.key), item)
	}
}

func (d *decoder) list(n ast.Node, v reflect.Value, path string, depth int) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.report(n, path, "must be a list (got "+d.shown(n)+")")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values))
	for i, item := range s.Values {
		d.value(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1)
	}
	v.Set(out)
}

// any decodes what may be anything that JSON can express.
func (d *decoder) any(n ast.Node, path string, depth int) any {
	switch n := n.(type) {
	case *ast.MappingNode:
		out := map[string]any{}
		d.mapping(n, reflect.ValueOf(&out).Elem(), path, depth)
		return out
	case *ast.SequenceNode:
		out := []any{}
		d.list(n, reflect.ValueOf(&out).Elem(), path, depth)
		return out
	case *ast.IntegerNode:
		if i, err := strconv.ParseInt(n.GetToken().Value, 0, 64); err == nil {
			return i
		}
	case *ast.FloatNode:
		if f := n.Value; !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
	case *ast.BoolNode:
		return n.Value
	}
	text, ok := d.text(n, path)
	if !ok {
		d.report(n, path, "must be a value that JSON can express (got "+d.shown(n)+")")
		return nil
	}
	return text
}
