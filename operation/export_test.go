package operation

// CachedBytes is the weight of the documents in the cache.
func CachedBytes(p *Preparer) int { return int(p.cache.documents.WeightedSize()) }
