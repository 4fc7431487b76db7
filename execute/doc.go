// Package execute runs compiled plans: it asks the sources, joins what they bring and writes the answer.
//
// [Compile] binds a [plan.Plan] to the drivers of its sources and works out, once, all that does not depend on the
// request. [Program.Run] then takes one operation through four steps: representations are read from the store, runners
// ask the sources, their answers are merged into the store along the plan's trees, and in the end the store is
// projected to JSON in the client's order. Runners of independent fetches run at the same time; a driver may run
// fetches together that become ready at the same moment ([Grouper]). Everything that touches the store does so under one
// lock.
//
// The store is a tree of [value.Value], whose objects are records of the slots of a [plan.Place]. A missing value is one
// that nobody brought; a mark stands where a failure has kept a value away, so that the failure is reported at the
// response paths it concerns and nowhere else.
//
// The package is called by the gateway, once for each plan and once for each operation. How a source is asked, and
// which kind it is, is the business of its [Driver].
package execute
