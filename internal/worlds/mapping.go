package worlds

import (
	"fmt"
	"slices"
	"strings"
)

// selection writes the mapping of a connector.
func (c *Connector) selection() string {
	if c.Endpoint == nil {
		k := c.Gives.Fields[0].Name
		return c.Inputs[0] + "->match([null, null], [@, { " + k + ": @ }])"
	}
	head := ""
	switch c.Endpoint.Wrap {
	case inData:
		head = "$.data"
	case inDeep:
		head = `$."the result".items`
	case inRows:
		head = "$.rows->first"
	}
	switch {
	case c.Gives == nil && head == "":
		return "$"
	case c.Gives == nil:
		return head
	case head == "":
		return c.Gives.items("\n")
	}
	return head + " {\n" + c.Gives.items("\n") + "\n}"
}

// items writes what a shape has in braces.
func (s *Shape) items(separator string) string {
	if s.Arms != nil {
		var arms []string
		for _, arm := range s.Arms {
			literal := "{ __typename: \"" + arm.Type.Name + "\", " + arm.items(", ") + " }"
			arms = append(arms, fmt.Sprintf("[\"is:%s\", %s]", arm.Type.Name, literal))
		}
		return "..." + expression([]string{s.kind[0]}) + "->match(" + strings.Join(arms, ", ") + ")"
	}
	var items []string
	for _, f := range s.Fields {
		items = append(items, f.item())
	}
	return strings.Join(items, separator)
}

func (f *ShapeField) item() string {
	path, below := expression(f.Path), ""
	switch {
	case f.Style == Keys:
		below = " { " + f.Sub.Fields[0].Name + ": $ }"
		path += "?" // or null would become an object
	case f.Sub != nil:
		below = " { " + f.Sub.items(" ") + " }"
	case f.Style == Codes:
		var pairs []string
		for _, v := range enumValues {
			pairs = append(pairs, fmt.Sprintf("[%q, %q]", codes[v], v))
		}
		match := "->match(" + strings.Join(append(pairs, "[@, null]"), ", ") + ")"
		if f.Type.Elem != nil {
			return f.Name + ": " + path + "?->map(@" + match + ")"
		}
		path += match
	}
	if path == f.Name {
		return path + below
	}
	return f.Name + ": " + path + below
}

// expression writes a path into a JSON object.
func expression(path []string) string {
	if slices.ContainsFunc(path[:1], func(s string) bool { return !isName(s) }) {
		path = append([]string{"$"}, path...)
	}
	parts := slices.Clone(path)
	for i, p := range parts {
		if i > 0 && !isName(p) {
			parts[i] = `"` + p + `"`
		}
	}
	return strings.Join(parts, ".")
}

func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9' || i == 0) {
			return false
		}
	}
	return true
}

// http writes the request of a connector.
func (c *Connector) http() string {
	e := c.Endpoint
	url, query, body := fmt.Sprintf("/e%d", e.ID), []string{}, []string{}
	var holes []string
	switch e.Batch {
	case joined:
		holes = append(holes, "ids={"+c.Inputs[0]+"->joinNotNull(',')}")
	case repeated:
		query = append(query, "ids: "+c.Inputs[0])
	case listed:
		body = append(body, "ids: "+c.Inputs[0])
	case bareList:
		body = append(body, c.Inputs[0])
	case objects, bareItems:
		var names []string
		for _, in := range e.Inputs {
			names = append(names, in.Name)
		}
		text := "$batch { " + strings.Join(names, " ") + " }"
		if e.Batch == objects {
			text = "keys: " + text
		}
		body = append(body, text)
	case noBatch:
		for i, in := range e.Inputs {
			switch in.In {
			case inPath:
				url += "/{" + c.Inputs[i] + "}"
			case inURL:
				holes = append(holes, in.Name+"={"+c.Inputs[i]+"}")
			case inQuery:
				query = append(query, quoted(in.Name)+": "+c.Inputs[i]+"?")
			case inBody:
				body = append(body, quoted(in.Name)+": "+c.Inputs[i])
			}
		}
	}
	if len(holes) > 0 {
		url += "?" + strings.Join(holes, "&")
	}
	text := fmt.Sprintf("{ %s: %q", e.Method, url)
	if len(query) > 0 {
		text += fmt.Sprintf(", queryParams: %q", strings.Join(query, " "))
	}
	if len(body) > 0 {
		text += fmt.Sprintf(", body: %q", strings.Join(body, " "))
	}
	return text + " }"
}

func quoted(name string) string {
	if isName(name) {
		return name
	}
	return `"` + name + `"`
}
