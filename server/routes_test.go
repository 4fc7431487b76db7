package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/server"
)

// broken is a route whose handler has a defect; passed is whether it passes on what others answer.
type broken struct{ passed bool }

func (b broken) Find(r *http.Request) (http.Handler, bool) {
	if !strings.HasPrefix(r.URL.Path, "/broken") {
		return nil, false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("Etag", `"a"`)
		if r.URL.Path == "/broken/late" {
			_, _ = w.Write([]byte("begin"))
		}
		panic("s3cret")
	}), b.passed
}

func TestARouteThatPanicsAnswersAsRoutesDo(t *testing.T) {
	t.Parallel()
	for _, passed := range []bool{false, true} {
		f := start(t, func(_ *server.Config, o *server.Options) { o.Routes = broken{passed} })
		origin := strings.TrimSuffix(f.url, "/graphql")
		got := f.do(t, "GET", origin+"/broken", "")
		want := `{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"Internal server error.","code":"INTERNAL_SERVER_ERROR"}`
		if got.Status != 500 || got.Body != want || got.Header.Get("Content-Type") != "application/problem+json" || got.Header.Get("Etag") != "" {
			t.Errorf("got %d %s %v", got.Status, got.Body, got.Header)
		}
		req, err := http.NewRequestWithContext(t.Context(), "GET", origin+"/broken/late", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := f.client.Do(req); err == nil {
			text := make([]byte, 1000)
			n, err := resp.Body.Read(text)
			for err == nil && n > 0 {
				n, err = resp.Body.Read(text)
			}
			_ = resp.Body.Close()
			if err == nil || err.Error() != "unexpected EOF" {
				t.Errorf("an answer that had begun looks whole: %v", err)
			}
		}
		if got := f.do(t, "GET", origin+"/elsewhere", ""); got.Status != 404 {
			t.Errorf("a path that no route has: %d %s", got.Status, got.Body)
		}
		f.stop(t)
		if n := strings.Count(f.log.String(), "a request panicked"); n < 2 || strings.Contains(f.log.String(), "routePanic") {
			t.Errorf("the log tells of %d panics:\n%s", n, f.log)
		}
	}
}
