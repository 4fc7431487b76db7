package compression_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/sluice-gateway/sluice/server/compression"
)

var text = strings.Repeat(`{"name": "Ida"} `, 200)

func get(t *testing.T, c compression.Config, accept string, h http.HandlerFunc) (*http.Response, string) {
	t.Helper()
	c.Enabled = true
	s := httptest.NewServer(compression.Handler(c, h))
	defer s.Close()
	r, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
	r.Header.Set("Accept-Encoding", accept)
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var in io.Reader = resp.Body
	switch resp.Header.Get("Content-Encoding") {
	case "gzip":
		if in, err = gzip.NewReader(in); err != nil {
			t.Fatal(err)
		}
	case "br":
		in = brotli.NewReader(in)
	case "zstd":
		z, err := zstd.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		in = z
	}
	body, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func reply(header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		_, _ = io.WriteString(w, text)
	}
}

func TestAnAnswerIsCompressedAsAClientTakesIt(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"":                          "",
		"identity":                  "",
		"gzip":                      "gzip",
		"gzip, deflate, br, zstd":   "zstd",
		"gzip;q=1, br;q=0.5":        "gzip",
		"br;q=0, *":                 "zstd",
		"zstd;q=0, gzip;q=0, br":    "br",
		"x-gzip":                    "gzip",
		"gzip;q=2, br;q=x, deflate": "",
	} {
		resp, body := get(t, compression.DefaultConfig(), accept, reply("Etag", `"1"`))
		if got := resp.Header.Get("Content-Encoding"); got != want || body != text || resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %q, want %q; %v", accept, got, want, resp.Header)
		}
		if tag := resp.Header.Get("Etag"); (tag == `W/"1"`) != (want != "") {
			t.Errorf("%q: the tag %s", accept, tag)
		}
	}
}

func TestWhatIsNotCompressed(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"what is compressed already": reply("Content-Encoding", "identity"),
		"what must stay as it is":    reply("Cache-Control", "public, no-transform"),
		"pictures":                   reply("Content-Type", "image/png"),
		"events":                     reply("Content-Type", "text/event-stream"),
		"what does not say its type": reply("Content-Type", ""),
		"what is short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "short")
		},
		"a part": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(206)
			_, _ = io.WriteString(w, text)
		},
	} {
		resp, _ := get(t, compression.DefaultConfig(), "gzip", h)
		if e := resp.Header.Get("Content-Encoding"); e == "gzip" {
			t.Errorf("%s: is compressed", name)
		}
	}
}

func TestPiecesComeAsTheyAreFlushed(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"gzip", "br", "zstd"} {
		next := make(chan struct{})
		c := compression.DefaultConfig()
		c.Enabled = true
		s := httptest.NewServer(compression.Handler(c, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "one")
			_ = http.NewResponseController(w).Flush()
			<-next
			_, _ = io.WriteString(w, "two")
		})))
		r, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
		r.Header.Set("Accept-Encoding", encoding)
		resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := resp.Body.Read(make([]byte, 100)); n == 0 || err != nil { // before the service goes on
			t.Errorf("%s: %d, %v", encoding, n, err)
		}
		close(next)
		_ = resp.Body.Close()
		s.Close()
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	c := compression.DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c = compression.Config{Encodings: []string{"deflate"}, MinBytes: -1, Types: []string{"json"}}
	want := "encodings[0]: must be zstd, br or gzip (got \"deflate\")\nmin_bytes: must be 0 or more (got -1)\ntypes[0]: must be a media type, such as application/json (got \"json\")"
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("Validate() = %v", err)
	}
}
