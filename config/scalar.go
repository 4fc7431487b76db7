package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// text is the content of a string, with variables of the environment expanded.
func (d *decoder) text(n ast.Node, path string) (string, bool) {
	var raw string
	switch n := n.(type) {
	case *ast.StringNode:
		raw = n.Value
	case *ast.LiteralNode:
		raw = n.Value.Value
	default:
		return "", false
	}
	if !strings.Contains(raw, "$") {
		return raw, true
	}
	out, used, err := expand(raw, d.env)
	if err != nil {
		d.report(n, path, err.Error())
		return "", true
	}
	if used {
		d.references[path] = raw
	}
	return out, true
}

var reference = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}`)

// expand replaces ${NAME} and ${NAME:-default} by variables of the environment, and $${ by ${. A variable that is empty
// counts as one that is not set where there is a default, as in a shell. What is inserted is not expanded again.
func expand(text string, env func(string) (string, bool)) (out string, used bool, err error) {
	var b strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			b.WriteString(text)
			return b.String(), used, nil
		}
		if i > 0 && text[i-1] == '$' {
			b.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		m := reference.FindStringSubmatch(text[i:])
		if m == nil {
			return "", false, fmt.Errorf("${ must be followed by NAME} or NAME:-default}; write $${ for a plain ${")
		}
		value, ok := env(m[1])
		switch {
		case m[2] != "" && value == "":
			value = m[3]
		case !ok:
			return "", false, fmt.Errorf("the environment variable %s is not set; ${%s:-default} would give it a default", m[1], m[1])
		}
		used = true
		b.WriteString(text[:i] + value)
		text = text[i+len(m[0]):]
	}
}

// shown is a node as a problem quotes it. References to the environment are shown as they stand.
func (d *decoder) shown(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.StringNode:
		return strconv.Quote(clip(n.Value))
	case *ast.LiteralNode:
		return strconv.Quote(clip(n.Value.Value))
	default:
		return clip(n.GetToken().Value)
	}
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// scalar decodes a string, a number or a boolean.
func (d *decoder) scalar(n ast.Node, v reflect.Value, path string) {
	text, isText := d.text(n, path)
	if d.reported[path] {
		return
	}
	if !isText {
		switch n.(type) {
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
			text = n.GetToken().Value
		}
	}
	// Text counts as a number or a boolean only if it comes from the environment, which has no other kind of value.
	_, fromEnv := d.references[path]
	wrong := func(kind string) { d.report(n, path, "must be "+kind+" (got "+d.shown(n)+")") }
	switch v.Kind() {
	case reflect.String:
		if !isText {
			wrong("text; put it in quotes")
			return
		}
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if _, is := n.(*ast.BoolNode); err != nil || !is && !fromEnv {
			wrong("true or false")
			return
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64, reflect.Int32:
		i, err := strconv.ParseInt(text, 0, v.Type().Bits())
		if _, is := n.(*ast.IntegerNode); err != nil || !is && !fromEnv {
			wrong("an integer")
			return
		}
		v.SetInt(i)
	case reflect.Uint, reflect.Uint64, reflect.Uint32:
		u, err := strconv.ParseUint(text, 0, v.Type().Bits())
		if _, is := n.(*ast.IntegerNode); err != nil || !is && !fromEnv {
			wrong("an integer that is not negative")
			return
		}
		v.SetUint(u)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || isText && !fromEnv {
			wrong("a number")
			return
		}
		v.SetFloat(f)
	default:
		wrong("absent: the program cannot read a " + v.Kind().String())
	}
}

func (d *decoder) duration(n ast.Node, v reflect.Value, path string) {
	text, isText := d.text(n, path)
	if d.reported[path] {
		return
	}
	if !isText && n.GetToken().Value == "0" {
		text, isText = "0s", true
	}
	t, err := time.ParseDuration(text)
	if err != nil || !isText {
		d.report(n, path, "must be a duration, such as 500ms, 10s or 5m (got "+d.shown(n)+")")
		return
	}
	v.SetInt(int64(t))
}
