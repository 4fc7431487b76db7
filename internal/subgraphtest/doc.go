// Package subgraphtest is a GraphQL subgraph for tests: a real server over a schema (federation 1 or 2) and data. It does what
// a subgraph library does, and is stricter than any: it validates every request against its own schema, checks every
// representation, and takes down as a fault whatever a gateway may not ask. It leaves to its callers how it is listened to.
// The scenarios of e2e and the tests of resolvers use it.
//
// # Data
//
// The data are a JSON object. "Query" and "Mutation" hold the values of root fields; each other name is a type with the
// list of its objects:
//
//	{
//	  "Query":   {"topReviews": ["$Review:1"], "me": null},
//	  "Review":  [{"id": "1", "body": "good", "author": "$User:7"}],
//	  "User":    [{"$key": {"id": "7"}, "name": "$error The users sleep."}]
//	}
//
// Objects may stand inside of others too; where their type is abstract they have a "__typename". A member "__typename"
// is also what the server answers where it is asked for the type, be it true or not.
//
// A field that has no member is a fault: what a scenario does not give may not be asked. Null is written as null. The
// members in "$key" find the object by a representation or a reference and are not there otherwise.
//
// Strings that begin with a dollar sign, and objects with such members, mean something else than themselves:
//
//	"$User:7"       the object of User of which a member of a key, or id, is 7
//	"$never"        a fault
//	"$error text"   a GraphQL error
//	"$= template"   what a Go text/template makes of .rep (the members of the representation), .args (the arguments) and
//	                .this (the members of the object). It is text where the field is a String or an ID, else JSON if it
//	                can be read so; and if it begins with a dollar sign it is read again. Functions: json (a value as
//	                JSON), mul (of integers). What .rep lacks is a fault
//	"$$text"        the text "$text"
//	{"$case": "template", "a": value, "*": value}
//	                the value whose name the template makes, else that of "*"
//	{"$set": {"User:7": {"name": "$= {{.args.name}}"}}, "$give": value}
//	                changes members of objects, which are made (with no more than these) if they are not there, and removed
//	                if null stands in the place of the members; then gives the value
//
// # Representations
//
// A representation must have a __typename of this subgraph, and the fields of exactly one resolvable key and of what the
// fields asked of it require, no more and no fewer. It may not come twice in one list. One that finds no object is null.
package subgraphtest
