// Package schema turns subgraphs into a supergraph: it loads SDL, resolves links and directives, composes the
// subgraphs, reports every problem with its code, place and coordinate, and gives the result in the form that
// planning and execution work on.
//
// The steps have packages of their own: link finds the names of directives, subgraph reads and checks one document,
// connect its connectors, merge puts the documents together; join reads and prints what was put together before. What is
// left here is to begin with files ([Load], [LoadSupergraph]) and to end with entrances ([Compose], [Join]): who can be
// asked for what, and what must be known for that. Of what was composed here, it is checked that every field of the API
// schema can be reached.
//
// The package knows nothing of HTTP. What stands inside @source and @connect is the business of connect, the mapping
// language that of the package mapping.
package schema
