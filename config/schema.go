package config

import _ "embed"

//go:generate go test . -run TestJSONSchemaIsUpToDate -update

//go:embed sluice.schema.json
var jsonSchema []byte

// JSONSchema returns the JSON Schema of the configuration, for editors that complete and check while it is written. It is
// made of the types and their comments.
func JSONSchema() []byte { return jsonSchema }
