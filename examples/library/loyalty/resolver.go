// Package loyalty is a subgraph in Go: a schema, the code that gqlgen generates from it, and the resolvers that are
// written by hand, here and in the *.resolvers.go beside it.
package loyalty

// Resolver is the root of the resolvers. What they need is its fields: a database, a client, or as here a map.
type Resolver struct {
	Points map[string]int // by user id; not written to while queries run
}

func threshold(level LoyaltyLevel) int {
	switch level {
	case LoyaltyLevelGold:
		return 1000
	case LoyaltyLevelSilver:
		return 250
	default:
		return 0
	}
}

func levelOf(points int) LoyaltyLevel {
	for _, l := range []LoyaltyLevel{LoyaltyLevelGold, LoyaltyLevelSilver} {
		if points >= threshold(l) {
			return l
		}
	}
	return LoyaltyLevelBronze
}
