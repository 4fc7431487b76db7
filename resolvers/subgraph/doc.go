// Package subgraph asks remote GraphQL servers: it is the [execute.Driver] for sources of the kind [schema.Remote].
//
// The planner has written the text of each query. This package sends it, with the representations of objects and the
// variables it uses, over the client of the subgraph's service, and hands the answer to execution. It decides how many
// requests that takes:
//
//   - entity fetches that become ready together and go to one subgraph are one request, each under an alias;
//   - more representations than a server wants at a time are several requests;
//   - a server that keeps queries by their hash is sent the hash, and the text once.
//
// An answer is trusted as far as it can be checked. One that has neither data nor errors, or whose list of entities is not
// as long as the list of representations, is an error of the whole request, as nobody can say which value belongs to which
// object. An entity that is none, is of another type or lacks what was asked for is an error of that entity, and the rest
// is used. A status that is not 2xx does not matter if the body is a GraphQL answer.
//
// Nothing is retried, but for a query whose hash a server does not know: it has not run then. What the planner asks is not
// this package's business, and HTTP is upstream's.
package subgraph
