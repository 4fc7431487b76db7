package link

import (
	"net/url"
	"strconv"
	"strings"
)

// identity splits the URL of a specification: https://specs.apollo.dev/connect/v0.2 has the identity
// https://specs.apollo.dev/connect, the name connect and the version v0.2. The name is empty where the URL has none that
// could be a GraphQL name, the version is empty where the URL does not end in one.
func identity(raw string) (id, name, version string, ok bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "", "", "", false
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	cut := strings.LastIndexByte(path, '/')
	if last := path[cut+1:]; isVersion(last) {
		version, path = last, path[:max(cut, 0)]
		cut = strings.LastIndexByte(path, '/')
	}
	if last := path[cut+1:]; isName(last) {
		name = last
	}
	return u.Scheme + "://" + u.Host + path, name, version, true
}

// isVersion reports whether s has the form v1.2.
func isVersion(s string) bool {
	major, minor, ok := strings.Cut(strings.TrimPrefix(s, "v"), ".")
	return ok && strings.HasPrefix(s, "v") && isNumber(major) && isNumber(minor)
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	_, err := strconv.ParseUint(s, 10, 31)
	return err == nil
}

// isName reports whether s is a GraphQL name that a specification may have: names of elements are joined to it with
// two underscores, so it holds none and does not end in one.
func isName(s string) bool {
	if s == "" || strings.Contains(s, "__") || strings.HasSuffix(s, "_") {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// AtLeast reports whether a version of the form v1.2 is the given one or later.
func AtLeast(version string, major, minor int) bool {
	a, b, ok := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if !ok {
		return false
	}
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	return errX == nil && errY == nil && (x > major || x == major && y >= minor)
}
