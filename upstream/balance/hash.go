package balance

import "github.com/cespare/xxhash/v2"

// Hash returns the key of a text, for [Call]. It is the same in every process, so that several gateways send equal keys to
// the same endpoint.
func Hash(text string) uint64 { return xxhash.Sum64String(text) }
