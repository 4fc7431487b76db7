package discovery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// entry is an address as lists have it: a URL, or an object.
type entry struct {
	URL      string `json:"url" yaml:"url"`
	Host     string `json:"host" yaml:"host"`
	Weight   *int   `json:"weight" yaml:"weight"`
	Zone     string `json:"zone" yaml:"zone"`
	Priority int    `json:"priority" yaml:"priority"`
}

// UnmarshalJSON reads a text or an object. A member that is not known is passed over: whoever makes the list for several
// readers may say more.
func (e *entry) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &e.URL)
	}
	type plain entry // without this method
	return json.Unmarshal(text, (*plain)(e))
}

// UnmarshalYAML does the same for YAML.
func (e *entry) UnmarshalYAML(unmarshal func(any) error) error {
	if err := unmarshal(&e.URL); err == nil {
		return nil
	}
	type plain entry
	return unmarshal((*plain)(e))
}

// document is a list as it may stand in a file or an answer: bare, or as the member endpoints of an object.
type document struct {
	Endpoints []entry `json:"endpoints" yaml:"endpoints"`
}

func (d *document) addresses() []Address {
	out := make([]Address, len(d.Endpoints))
	for i, e := range d.Endpoints {
		out[i] = Address{URL: e.URL, Host: e.Host, Weight: 1, Zone: e.Zone, Priority: e.Priority}
		if e.Weight != nil {
			out[i].Weight = *e.Weight
		}
	}
	return out
}

var errNoList = errors.New("there is neither a list nor an object with the list endpoints")

// parseJSON reads a list in JSON.
func parseJSON(text []byte) ([]Address, error) {
	var d document
	text = bytes.TrimSpace(text)
	var err error
	switch {
	case len(text) > 0 && text[0] == '[':
		err = json.Unmarshal(text, &d.Endpoints)
	case len(text) > 0 && text[0] == '{':
		err = json.Unmarshal(text, &d)
	default:
		return nil, errNoList
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("the list is not as it should be: %w", err)
	case d.Endpoints == nil:
		return nil, errNoList
	}
	return d.addresses(), nil
}

// parseYAML reads a list in YAML.
func parseYAML(text []byte) (list []Address, err error) {
	// The parser is for files that people write. What another program has put there ends this look at worst.
	defer func() {
		if r := recover(); r != nil {
			list, err = nil, fmt.Errorf("the list cannot be read: %v", r)
		}
	}()
	if nestsDeeply(lexer.Tokenize(string(text))) {
		return nil, errors.New("the list nests too deeply")
	}
	var d document
	if err := yaml.Unmarshal(text, &d.Endpoints); err != nil {
		d.Endpoints = nil
		if yaml.Unmarshal(text, &d) != nil || d.Endpoints == nil {
			return nil, fmt.Errorf("the list is not as it should be: %w", err)
		}
	}
	if d.Endpoints == nil {
		return nil, errNoList
	}
	return d.addresses(), nil
}

// nestsDeeply reports whether a text has more levels than a list can have a use for: the parser's time grows with the
// square of the depth.
func nestsDeeply(tokens token.Tokens) bool {
	const most = 10
	brackets, indicators, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position != nil && t.Position.Line != line {
			line, indicators = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType: // "- - - a" is three lists
			indicators++
		}
		if brackets > most || indicators > most {
			return true
		}
	}
	return false
}
