// Package gateway is what runs behind every transport: it composes the subgraphs, connects the services, and takes each
// operation from its text to its answer. A program that imports Sluice as a library makes a [Gateway] and serves it
// with package server.
//
// Everything that can change while the program runs is one snapshot: the supergraph, the caches of documents and
// plans, the drivers and their clients. An operation ends on the snapshot it began with.
//
// The package does not know who listens, nor where a configuration comes from.
package gateway
