// Package connect reads and checks the @source and @connect directives of one connector subgraph, in the versions v0.1 to
// v0.4 of the connect specification: which requests are made, which variables their templates and mappings use, which
// fields an answer gives, and by which fields an object is found again. It reports every problem at once, at the
// character of the mapping it is about.
//
// The mapping language itself belongs to the package mapping, the links of a document to the package schema/link. What
// the connectors of all subgraphs make together is the business of the package schema, which calls [Read] for each
// subgraph; the package resolvers/rest makes the requests.
//
// # Connectors without a selection
//
// A @connect without the argument selection maps fields by name. Sluice adds this; other gateways ask for a selection.
// For a leaf the response itself is the value. For an object the selection has:
//
//   - each field of the type that is a scalar or an enum, takes no arguments and has no @connect of its own;
//   - each such field that is an object, with the fields of that object by the same rules;
//   - but where another connector of the subgraph resolves the object's type by key (a connector on the type, or a field
//     with entity: true), only the fields of that key.
//
// Left out are fields marked @external that are no key, fields of interfaces and unions, since nothing says which type
// they are, and objects of a type that stands around them already.
//
// # Where this differs from other implementations
//
//   - A type may stand inside itself in a selection. CIRCULAR_REFERENCE is reported only if the inner object lacks a
//     field that no connector can fetch there: it would always be null.
//   - What $this and $batch read in errors and isSuccess counts as needed, too.
//   - A method that does not exist is an error in every version, and so is a batch.maxSize of 0.
//   - From v0.4 on, a field of an interface or a union may stand anywhere in a selection, not only at its top, as long
//     as each alternative has a literal __typename.
//   - OVERRIDE_ON_CONNECTOR is never reported: no combination of @override is beyond the planner.
package connect
