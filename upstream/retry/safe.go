package retry

// IsSafe reports whether a method only reads (RFC 9110, section 9.2.1).
func IsSafe(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE":
		return true
	}
	return false
}

// IsIdempotent reports whether sending a request with that method twice is meant to have the same effect as sending it once
// (RFC 9110, section 9.2.2).
func IsIdempotent(method string) bool { return IsSafe(method) || method == "PUT" || method == "DELETE" }
