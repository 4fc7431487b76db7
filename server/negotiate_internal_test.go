package server

// White-box, because what is negotiated shows in headers only together with much else.

import "testing"

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		accept []string
		want   mediaType
	}{
		{"nothing said", nil, jsonMediaType},
		{"an empty line", []string{""}, jsonMediaType},
		{"anything", []string{"*/*"}, jsonMediaType},
		{"any of application", []string{"application/*"}, jsonMediaType},
		{"JSON", []string{"application/json"}, jsonMediaType},
		{"JSON in UTF-8", []string{"application/json; charset=UTF-8"}, jsonMediaType},
		{"JSON in another encoding", []string{"application/json; charset=latin1"}, noMediaType},
		{"the newer type", []string{"application/graphql-response+json"}, graphqlResponse},
		{"the newer type in capitals", []string{"Application/GraphQL-Response+JSON"}, graphqlResponse},
		{"both, the older first", []string{"application/json, application/graphql-response+json"}, graphqlResponse},
		{"both, in two lines", []string{"application/json", "application/graphql-response+json"}, graphqlResponse},
		{"both, the older preferred", []string{"application/graphql-response+json;q=0.9, application/json"}, jsonMediaType},
		{"both, the newer preferred", []string{"application/graphql-response+json, application/json;q=0.9"}, graphqlResponse},
		{"JSON or anything", []string{"application/json, */*"}, jsonMediaType},
		{"anything but JSON", []string{"application/json;q=0, */*"}, graphqlResponse},
		{"anything, but rather the newer type", []string{"*/*;q=0.1, application/graphql-response+json"}, graphqlResponse},
		{"the weight is that of the most specific range", []string{"application/*;q=1, application/graphql-response+json;q=0.2, application/json;q=0.3"}, jsonMediaType},
		{"a browser's address bar", []string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, jsonMediaType},
		{"clients of deferred parts", []string{"multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json;q=0.9"}, graphqlResponse},
		{"a stream", []string{"text/event-stream"}, eventStream},
		{"a stream or JSON", []string{"application/json, text/event-stream"}, jsonMediaType},
		{"rather a stream than JSON", []string{"text/event-stream, application/json;q=0.5"}, eventStream},
		{"any text", []string{"text/*"}, noMediaType},
		{"something else", []string{"image/png"}, noMediaType},
		{"nothing at all", []string{"*/*;q=0"}, noMediaType},
		{"a weight that is none", []string{"application/json;q=2"}, noMediaType},
		{"a weight that is no number", []string{"application/json;q=NaN"}, noMediaType},
		{"what cannot be read", []string{"application/json;;=,/,"}, noMediaType},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := negotiate(tc.accept, true); got != tc.want {
				t.Errorf("negotiate(%q) = %d, want %d", tc.accept, got, tc.want)
			}
		})
	}
	if got := negotiate([]string{"text/event-stream"}, false); got != noMediaType {
		t.Errorf("a stream that is turned off: %d", got)
	}
}
