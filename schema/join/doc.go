// Package join reads and prints supergraphs as schema definition language: the form in which the tools of the federation
// hand a composed schema to a router. The directives of the join specification say which subgraph has what.
//
// [Read] turns such a document into what composing the subgraphs would have given: a merged schema, and of each subgraph
// what it declares. Nothing is composed again, and nothing depends on the order of the document. [Print] is the other
// direction. Package schema calls both, and goes on from the merged schema to sources and entrances in one way, whoever
// merged it.
package join
