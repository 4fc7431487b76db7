// Package rest asks services over HTTP as connectors describe it: it is the [execute.Driver] for sources of the kind
// [schema.Connector].
//
// For each fetch it builds the requests, sends them through the client of the source's service, judges the answers,
// maps them to the shape of the schema and hands them to execution. It decides how many requests that takes:
//
//   - a connector that takes a batch gets its objects in as few requests as it allows;
//   - one without gets a request for each object, a bounded number at a time;
//   - what one operation asks for twice is asked for once, objects by their key and safe requests by what is sent.
//
// Nothing is shared between operations. Mutations are never joined, and what was read before one is not used after it.
//
// What a connector means is defined by the connect specification. Where readers of a schema could be surprised, this
// package does the following:
//
//   - A hole in the path that is null means that there is nothing to ask for: no request is made and the answer is
//     null, without an error. Below a mutation's root field it is an error, as nothing was done.
//   - Every status outside 200 to 299 is a failure if there is no isSuccess, 404 too: that an object does not exist is
//     said with isSuccess, or by an answer that maps to null.
//   - The objects of a batch are found by their key as the types of its fields have it: the ID 1 is the ID "1". An
//     object that the service did not send is null. A chunk that failed fails its own objects only.
//   - A batch of one may be answered with the one object instead of a list.
//   - An error message that is no string, and a code that is none, leave the default in its place.
//
// Package connect reads the directives, mapping evaluates their texts, and upstream does the HTTP.
package rest
