// Package value holds JSON values the way Sluice moves them: as spans of the bodies they came from, not as Go maps.
//
// A [Value] is sixteen bytes: a kind, a length and one pointer. A string or a number read by [Scan] points into the
// scanned body and is copied to the answer as it stands; a list points to its items, an object to its members in
// order. The mapping language builds new values out of scanned ones, execution lays objects out by the plan, and the
// answer is written with [Value.AppendJSON]: between an upstream body and the response there is no reflection and no
// map. Where it can be said before what becomes of each member, a [Layout] does it during the scan.
//
// Integers and floats are different values although JSON has one kind of number: the mapping language tells 1 from
// 1.0. A number keeps the text it was read with, so that none is changed on its way through the gateway.
//
// The package knows nothing of GraphQL, of mappings and of HTTP.
package value
