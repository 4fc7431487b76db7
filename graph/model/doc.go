// Package model holds the types of Sluice's own subgraph as gqlgen generates them from schema/status.graphqls. The wiring
// fills them with what the running gateway counts.
package model
