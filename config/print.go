package config

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Print writes the whole configuration as YAML, defaults included: a file that means the same. Values that came from the
// environment are written as the reference that stood in the file, so that no secret is shown; of one
// that stood in the file itself only that it is there.
func (c *Config) Print(w io.Writer) error {
	text, err := yaml.MarshalWithOptions(c.tree(reflect.ValueOf(c).Elem(), ""), yaml.IndentSequence(true))
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	_, err = w.Write(text)
	return err
}

// tree is a value as an encoder takes it, in the order of the fields.
func (c *Config) tree(v reflect.Value, path string) any {
	if text, ok := c.references[path]; ok {
		return text
	}
	if t, ok := v.Interface().(time.Duration); ok {
		return durationText(t)
	}
	if secret, ok := v.Interface().(interface{ Redacted() string }); ok {
		return secret.Redacted()
	}
	switch v.Kind() {
	case reflect.Struct:
		out := yaml.MapSlice{}
		for i := range v.NumField() {
			name := v.Type().Field(i).Tag.Get("yaml")
			if at := join(path, name); name != "" && hidden[at] == "" && !absent(v.Field(i), at) {
				out = append(out, yaml.MapItem{Key: name, Value: c.tree(v.Field(i), at)})
			}
		}
		return out
	case reflect.Map:
		out := yaml.MapSlice{}
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			out = append(out, yaml.MapItem{Key: k.String(), Value: c.tree(v.MapIndex(k), join(path, k.String()))})
		}
		return out
	case reflect.Slice:
		out := []any{}
		for i := range v.Len() {
			out = append(out, c.tree(v.Index(i), fmt.Sprintf("%s[%d]", path, i)))
		}
		return out
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return c.tree(v.Elem(), path)
	case reflect.String:
		return strings.ReplaceAll(v.String(), "${", "$${")
	}
	return v.Interface()
}

// absent reports whether a section means something by being there, and is not: those of credentials.
func absent(v reflect.Value, path string) bool {
	return v.Kind() == reflect.Struct && v.IsZero() && strings.Contains(path, ".credentials.")
}

// durationText writes 2m for 2m0s.
func durationText(t time.Duration) string {
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
