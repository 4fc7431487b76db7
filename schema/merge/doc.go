// Package merge puts the schemas of subgraphs together: one type system, and for each of its elements which subgraphs
// have it and who resolves it. It reports every conflict with the codes of the federation.
//
// It is called by package schema, which makes entrances of the result. The package does not know how a field is
// resolved, by a connector or otherwise.
package merge
