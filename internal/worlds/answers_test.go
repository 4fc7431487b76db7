package worlds_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// normal writes JSON in one form: the order of members stays.
func normal(data []byte) (string, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		return "", err
	}
	var out strings.Builder
	dec := json.NewDecoder(&b)
	dec.UseNumber()
	err := copyValue(&out, dec)
	return out.String(), err
}

func copyValue(out *strings.Builder, dec *json.Decoder) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	d, ok := token.(json.Delim)
	if !ok {
		if n, ok := token.(json.Number); ok && strings.ContainsAny(n.String(), ".eE") {
			if f, err := n.Float64(); err == nil {
				token = json.Number(strconv.FormatFloat(f, 'f', -1, 64))
			}
		}
		text, err := json.Marshal(token)
		out.Write(text)
		return err
	}
	out.WriteRune(rune(d))
	for i := 0; dec.More(); i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		if d == '{' {
			if err := copyValue(out, dec); err != nil {
				return err
			}
			out.WriteByte(':')
		}
		if err := copyValue(out, dec); err != nil {
			return err
		}
	}
	token, err = dec.Token()
	if d, ok := token.(json.Delim); ok {
		out.WriteRune(rune(d))
	}
	return err
}

// pairs is a JSON object with its order.
type pairs struct {
	keys   []string
	values []any
}

func tree(text string) any {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	v, _ := readTree(dec) //nolint:errcheck // it was read before
	return v
}

func readTree(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	d, ok := token.(json.Delim)
	if err != nil || !ok {
		return token, err
	}
	var list []any
	p := &pairs{}
	for dec.More() {
		v, err := readTree(dec)
		if err != nil {
			return nil, err
		}
		if d == '[' {
			list = append(list, v)
			continue
		}
		key, _ := v.(string)
		value, err := readTree(dec)
		if err != nil {
			return nil, err
		}
		p.keys, p.values = append(p.keys, key), append(p.values, value)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if d == '[' {
		return list, nil
	}
	return p, nil
}

// lesser says where got is not a part of full: "null " and the path where it has a null instead.
func lesser(got, full any, path string) (out []string) {
	if got == nil {
		if full != nil {
			out = []string{"null " + path}
		}
		return out
	}
	switch got := got.(type) {
	case []any:
		full, ok := full.([]any)
		if !ok || len(got) != len(full) {
			return []string{"other data at " + path}
		}
		for i := range got {
			out = append(out, lesser(got[i], full[i], fmt.Sprintf("%s%d/", path, i))...)
		}
		return out
	case *pairs:
		full, ok := full.(*pairs)
		if !ok || !slices.Equal(got.keys, full.keys) {
			return []string{"other data at " + path}
		}
		for i := range got.keys {
			out = append(out, lesser(got.values[i], full.values[i], path+got.keys[i]+"/")...)
		}
		return out
	}
	if got != full {
		return []string{"other data at " + path}
	}
	return nil
}
