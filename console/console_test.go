package console_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/console"
)

func newPages(t *testing.T, change func(*console.Config)) http.Handler {
	t.Helper()
	c := console.DefaultConfig()
	if change != nil {
		change(&c)
	}
	h, err := console.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func TestHome(t *testing.T) {
	t.Parallel()
	h := newPages(t, nil)
	for _, tc := range []struct {
		name, method, target, accept string
		status                       int
		contentType                  string
	}{
		{"a browser gets the page", "GET", "/", browser, 200, "text/html; charset=utf-8"},
		{"HEAD is as GET", "HEAD", "/", browser, 200, "text/html; charset=utf-8"},
		{"curl gets a pointer", "GET", "/", "Accept: */*", 200, "application/json; charset=utf-8"},
		{"a client that wants no HTML gets a pointer", "GET", "/", "Accept: text/html;q=0, */*", 200, "application/json; charset=utf-8"},
		{"nothing is posted", "POST", "/", browser, 405, "text/plain; charset=utf-8"},
		{"another path", "GET", "/index.html", browser, 404, "text/plain; charset=utf-8"},
		{"another file", "GET", "/console/../console.go", browser, 404, "text/plain; charset=utf-8"},
		{"a file without its hash", "GET", "/console/console.js", browser, 404, "text/plain; charset=utf-8"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := get(h, tc.method, tc.target, tc.accept)
			if w.Code != tc.status || w.Header().Get("Content-Type") != tc.contentType {
				t.Errorf("status %d, %s, want %d, %s", w.Code, w.Header().Get("Content-Type"), tc.status, tc.contentType)
			}
		})
	}
	if w := get(newPages(t, func(c *console.Config) { c.Enabled = false }), "GET", "/", browser); w.Code != 404 {
		t.Errorf("pages that are not enabled: status %d", w.Code)
	}
}

func TestPageShowsWhatIsConfigured(t *testing.T) {
	t.Parallel()
	h := newPages(t, func(c *console.Config) {
		c.Title, c.Endpoint = `A "<b>shop</b>"`, "/api/graphql"
		c.Tabs = []console.Tab{{Name: "one\ntwo", Query: "  {\n  a(b: \"</script>\") }\n\n", Variables: `{"x":1}`}, {Query: "{ b }"}}
	})
	page := get(h, "GET", "/", browser).Body.String()
	if !strings.Contains(page, "A &#34;&lt;b&gt;shop") || strings.Contains(page, "<b>shop") || strings.Contains(page, `"</script>"`) {
		t.Errorf("the page does not escape what is configured:\n%s", page)
	}
	m := regexp.MustCompile(`data-config="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no configuration in the page:\n%s", page)
	}
	want := `{"endpoint":"/api/graphql","tabs":[{"query":"# one two\n{\n  a(b: \"\u003c/script\u003e\") }\n","variables":"{\"x\":1}"},{"query":"{ b }\n"}]}`
	if diff := cmp.Diff(want, html.UnescapeString(m[1])); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

// What the page is made of comes from this host alone; its policy allows nothing else, and a new nonce each time.
func TestPageAsksNobodyElse(t *testing.T) {
	t.Parallel()
	h := newPages(t, nil)
	nonces := map[string]bool{}
	for range 2 {
		w := get(h, "GET", "/", browser)
		policy := w.Header().Get("Content-Security-Policy")
		nonce := regexp.MustCompile(`script-src 'nonce-([A-Z0-9]{20,})';`).FindStringSubmatch(policy)
		if nonce == nil || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || !strings.HasPrefix(policy, "default-src 'none'") {
			t.Fatalf("Content-Security-Policy = %q", policy)
		}
		nonces[nonce[1]] = true
		page := w.Body.String()
		for _, tag := range regexp.MustCompile(`<script[^>]*>`).FindAllString(page, -1) {
			if !strings.Contains(tag, `nonce="`+nonce[1]+`"`) {
				t.Errorf("%s has no nonce", tag)
			}
		}
		for _, a := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(a[1], "/") || strings.HasPrefix(a[1], "//") {
				t.Errorf("the page refers to %s", a[1])
			}
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Error("the page with its nonce may be stored")
		}
	}
	if len(nonces) != 2 {
		t.Error("the nonce is not new")
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	h := newPages(t, nil)
	page := get(h, "GET", "/", browser).Body.String()
	addresses := map[string]bool{}
	for _, a := range regexp.MustCompile(`(?:src|href)="(/console/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		addresses[a[1]] = true
	}
	if len(addresses) != 7 {
		t.Errorf("the page refers to %d files", len(addresses))
	}
	for address := range addresses {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			plain := get(h, "GET", address)
			packed := get(h, "GET", address, "Accept-Encoding: br, gzip")
			refused := get(h, "GET", address, "Accept-Encoding: gzip;q=0")
			for _, w := range []*httptest.ResponseRecorder{plain, packed, refused} {
				if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Vary") != "Accept-Encoding" {
					t.Errorf("status %d, %v", w.Code, w.Header())
				}
			}
			if plain.Header().Get("Content-Encoding") != "" || refused.Header().Get("Content-Encoding") != "" || packed.Header().Get("Content-Encoding") != "gzip" {
				t.Error("Content-Encoding does not follow Accept-Encoding")
			}
			r, err := gzip.NewReader(packed.Body)
			if err != nil {
				t.Fatal(err)
			}
			unpacked, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(unpacked, plain.Body.Bytes()) || !bytes.Equal(unpacked, refused.Body.Bytes()) {
				t.Errorf("the compressed file is another one: %v", err)
			}
			if bytes.Contains(unpacked, []byte("sourceMappingURL")) {
				t.Error("the file refers to a source map, which is not served")
			}
			again := get(h, "GET", address, "If-None-Match: "+plain.Header().Get("Etag"))
			if again.Code != 304 || again.Body.Len() != 0 {
				t.Errorf("with its ETag: status %d, %d bytes", again.Code, again.Body.Len())
			}
		})
	}
}

// The files of others are those that update.sh fetched, and their licences are beside them.
func TestVendoredFilesAreThoseOfTheList(t *testing.T) {
	t.Parallel()
	list, err := os.Open("assets/vendor/checksums.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = list.Close() }()
	listed := 0
	for lines := bufio.NewScanner(list); lines.Scan(); listed++ {
		want, name, _ := strings.Cut(lines.Text(), "  ")
		text, err := os.ReadFile(filepath.Join("assets/vendor", name))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s has another checksum", name)
		}
	}
	if found, err := filepath.Glob("assets/vendor/*.gz"); err != nil || len(found) != listed {
		t.Errorf("%d files, %d in the list, %v", len(found), listed, err)
	}
	if found, err := filepath.Glob("assets/vendor/*.LICENSE"); err != nil || len(found) != 2 {
		t.Errorf("%d licences, %v", len(found), err)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	defaults := console.DefaultConfig()
	if err := defaults.Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	bad := console.Config{Enabled: true, Endpoint: "graphql", Tabs: []console.Tab{{Query: " "}, {Query: "{ a }", Variables: "{"}}}
	want := `endpoint: must be a path (got "graphql")
tabs[0].query: must not be empty
tabs[1].variables: must be JSON (got "{")`
	if err := bad.Validate(); err == nil || err.Error() != want {
		t.Errorf("Validate() = %v, want %s", err, want)
	}
	if _, err := console.New(bad); err == nil {
		t.Error("New() takes it")
	}
}
