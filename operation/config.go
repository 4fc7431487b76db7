package operation

import (
	"errors"
	"fmt"
)

// Config are the limits that hold before an operation is planned, and the size of the cache of documents. A document
// that goes over a limit is refused before any work is done that grows faster than its text. [New] takes zero for the
// default; [DefaultConfig] has them all.
type Config struct {
	// MaxDocumentBytes limits the text of a document. Default 131072 (128 KiB).
	MaxDocumentBytes int `yaml:"max_document_bytes"`
	// MaxVariablesBytes limits the JSON text of the variables. Default 1048576 (1 MiB).
	MaxVariablesBytes int `yaml:"max_variables_bytes"`
	// MaxTokens limits the names, values and punctuators of a document, comments included. Default 15000.
	MaxTokens int `yaml:"max_tokens"`
	// MaxDepth limits how deeply the fields of an operation nest, fragments expanded. Default 50; an introspection query
	// of the usual tools has 15.
	MaxDepth int `yaml:"max_depth"`
	// MaxFields limits the fields of an operation, fragments expanded. Default 10000.
	MaxFields int `yaml:"max_fields"`
	// MaxRootFields limits the root fields of an operation, fragments expanded. Default 200.
	MaxRootFields int `yaml:"max_root_fields"`
	// MaxAliases limits the fields of an operation that have an alias, fragments expanded. Default 500.
	MaxAliases int `yaml:"max_aliases"`
	// MaxDirectives limits the directives at one place. Default 20.
	MaxDirectives int `yaml:"max_directives"`
	// MaxDefinitions limits the operations and fragments of a document. Default 500.
	MaxDefinitions int `yaml:"max_definitions"`
	// MaxValidationSteps limits the work of validation: the parts of the document that it visits, each fragment once
	// for every operation and fragment that reaches it. Default 50000.
	MaxValidationSteps int `yaml:"max_validation_steps"`
	// DocumentCacheBytes limits the memory of the documents that are kept in parsed form. Default 33554432 (32 MiB).
	DocumentCacheBytes int `yaml:"document_cache_bytes"`
}

// DefaultConfig returns the defaults that the fields name.
func DefaultConfig() Config { return Config{}.withDefaults() }

func (c Config) withDefaults() Config {
	for _, l := range c.limits() {
		if *l.value == 0 {
			*l.value = l.fallback
		}
	}
	return c
}

// Validate returns everything that is wrong, one error a line: the field, the rule, the value.
func (c *Config) Validate() error {
	var errs []error
	for _, l := range c.limits() {
		if *l.value < 1 || *l.value > 1<<30 {
			errs = append(errs, fmt.Errorf("%s: must be from 1 to 1073741824 (got %d)", l.field, *l.value))
		}
	}
	return errors.Join(errs...)
}

type limit struct {
	field    string
	value    *int
	fallback int
}

func (c *Config) limits() []limit {
	return []limit{
		{"max_document_bytes", &c.MaxDocumentBytes, 128 << 10},
		{"max_variables_bytes", &c.MaxVariablesBytes, 1 << 20},
		{"max_tokens", &c.MaxTokens, 15_000},
		{"max_depth", &c.MaxDepth, 50},
		{"max_fields", &c.MaxFields, 10_000},
		{"max_root_fields", &c.MaxRootFields, 200},
		{"max_aliases", &c.MaxAliases, 500},
		{"max_directives", &c.MaxDirectives, 20},
		{"max_definitions", &c.MaxDefinitions, 500},
		{"max_validation_steps", &c.MaxValidationSteps, 50_000},
		{"document_cache_bytes", &c.DocumentCacheBytes, 32 << 20},
	}
}
