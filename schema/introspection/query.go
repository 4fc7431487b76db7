package introspection

// Queries are what to ask a server for its schema, in the order to try: the first has everything that tools of these days
// know, the last only what the oldest servers know.
func Queries() []string {
	return []string{
		query("description", "specifiedByURL isOneOf", "(includeDeprecated: true)", "isDeprecated deprecationReason", "isRepeatable"),
		query("description", "specifiedByURL", "", "", "isRepeatable"),
		query("", "", "", "", ""),
	}
}

// query is an introspection query with what not all servers know: of the schema, of types, of the lists of inputs, of
// inputs, of directives.
func query(schema, types, list, inputs, directives string) string {
	return `query Introspection {
  __schema {
    ` + schema + `
    queryType { name }
    mutationType { name }
    subscriptionType { name }
    types {
      kind name description ` + types + `
      fields(includeDeprecated: true) {
        name description isDeprecated deprecationReason
        args` + list + ` { ...Input }
        type { ...Type }
      }
      inputFields` + list + ` { ...Input }
      interfaces { name }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { name }
    }
    directives { name description locations ` + directives + ` args` + list + ` { ...Input } }
  }
}
fragment Input on __InputValue { name description defaultValue ` + inputs + ` type { ...Type } }
fragment Type on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } }
}
`
}
