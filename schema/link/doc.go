// Package link resolves the @link applications of a schema document: which specifications it uses, in which version,
// and under which names their elements appear in it. Whoever looks for a directive of a specification asks here for
// its name, since a document may import it, rename it or leave it prefixed.
//
// The package does not know any specification but link itself; whether a version is known, and what an element
// means, is the business of its callers, the packages schema and schema/connect.
package link
