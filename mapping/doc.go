// Package mapping is the connectors mapping language: the text in @connect(selection:), body, path, queryParams, errors
// and isSuccess, the holes of URL and header templates, and the encodings that go with them, for connect v0.1 to v0.4.
//
// A text is parsed once, when a schema is loaded, into a [Mapping], which is immutable. What can be known of it without
// data is asked of it then: the variables it uses ([Mapping.References]), whether it reads a response
// ([Mapping.ReadsInput]), calls that cannot work ([Mapping.Remarks]), the static type of what it gives
// ([Mapping.Shape]) and the tree of keys it can put out ([Mapping.Output]). For a plan it is narrowed to what an
// operation asks for ([Mapping.Narrow]), and says which members of a body it needs ([Mapping.Reads]), so that the
// scanner keeps nothing else, or even does all that the mapping would do ([Mapping.Layout]). At run time [Mapping.Apply]
// turns one value into another and never fails: what does not work out gives no value and a remark in [Problems].
//
// Schema checks and the driver of REST sources call this package. It knows nothing of GraphQL execution, of directives
// and of HTTP; the only types it shares with them are JSON values.
package mapping
