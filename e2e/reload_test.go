package e2e_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sluice-gateway/sluice/app"
)

// The two schemas that a test goes back and forth between: they have a field of their own each, and say another thing about
// one that both have.
var reloadSchemas = [2]string{
	head + `type Query { things: [Thing] @connect(source: "a", http: { GET: "/things" }, selection: "id name: first") }
type Thing {
  id: ID!
  name: String
  more: More @connect(source: "a", http: { GET: "/more/{$this.id}" }, selection: "text")
}
type More { text: String }`,
	head + `type Query {
  things: [Thing] @connect(source: "a", http: { GET: "/things" }, selection: "id name: last")
  extra: Int @connect(source: "a", http: { GET: "/extra" }, selection: "$")
}
type Thing {
  id: ID!
  name: String
  more: More @connect(source: "a", http: { GET: "/more/{$this.id}" }, selection: "text")
}
type More { text: String }`,
}

const (
	thingsQuery = `{ things { name more { text } } }`
	things      = `"things":[{"name":"%s1","more":{"text":"1"}},{"name":"%[1]s2","more":{"text":"2"}}]`
)

var (
	thingsAnswers = [2]string{`{"data":{` + fmt.Sprintf(things, "first") + `}}`, `{"data":{` + fmt.Sprintf(things, "last") + `}}`}
	routeAnswers  = [2]string{`{` + fmt.Sprintf(things, "first") + `}`, `{` + fmt.Sprintf(things, "last") + `}`}
)

func reloadService(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch path := r.URL.Path; {
	case path == "/things":
		_, _ = io.WriteString(w, `[{"id":1,"first":"first1","last":"last1"},{"id":2,"first":"first2","last":"last2"}]`)
	case path == "/extra":
		_, _ = io.WriteString(w, "5")
	case strings.HasPrefix(path, "/more/"):
		_, _ = fmt.Fprintf(w, `{"text":%q}`, strings.TrimPrefix(path, "/more/"))
	default:
		w.WriteHeader(http.StatusTeapot)
	}
}

// reloaded is a program whose configuration a test changes.
type reloaded struct {
	*program
	client *http.Client
	dir    string
	hangup chan chan<- os.Signal
}

// startReloaded serves a configuration in a folder of the test. Settings are added to it, at the start and later.
func startReloaded(t *testing.T, schema int, endpoint, settings string) *reloaded {
	t.Helper()
	r := &reloaded{client: client(t), dir: t.TempDir(), hangup: make(chan chan<- os.Signal, 1)}
	r.write(t, schema, endpoint, settings)
	r.program = launch(t, app.IO{Environ: lookup(nil), Hangup: func(c chan<- os.Signal) { r.hangup <- c }}, "health at ", "serve", "-c", r.path())
	return r
}

func (r *reloaded) path() string { return filepath.Join(r.dir, "sluice.yaml") }

// write writes the configuration, each file by renaming another over it.
func (r *reloaded) write(t *testing.T, schema int, endpoint, settings string) {
	t.Helper()
	r.replace(t, "a.graphql", reloadSchemas[schema])
	r.replace(t, "sluice.yaml", fmt.Sprintf(`
listen: 127.0.0.1:0
admin: 127.0.0.1:0
schema: [a.graphql]
services: { a: { endpoints: [%q] } }
routes:
  - { path: /things, operation: { text: %q } }
  - { path: "/raw/{path...}", service: a, rewrite: { strip_prefix: /raw } }
status: { enabled: true }
playground: { enabled: false }
%s`, endpoint, thingsQuery, settings))
}

func (r *reloaded) replace(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(r.dir, name)
	writeFile(t, path+".tmp", []byte(text))
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
}

// outcome is what POST /reload says.
type reloadOutcome struct {
	Status   string
	Snapshot int
	Schema   string
	Restart  []string
	Problems []struct {
		File    string
		Line    int
		Message string
	}
}

// reload asks for a reload by the listener of operators.
func (r *reloaded) reload(t *testing.T) (status int, o reloadOutcome) {
	t.Helper()
	resp, err := r.client.Post(r.admin+"/reload", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&o); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, o
}

// get returns what the listener of operators answers.
func (r *reloaded) get(t *testing.T, path string) string {
	t.Helper()
	resp, err := r.client.Get(r.admin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %d %v", path, resp.StatusCode, err)
	}
	return string(text)
}

// metric returns the value of a metric without labels, or with those that follow its name.
func (r *reloaded) metric(t *testing.T, name string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(r.get(t, "/metrics"))
	if found == nil {
		t.Fatalf("there is no metric %s", name)
	}
	v, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// until asks again and again until an answer is wanted.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen", what)
		}
	}
}

// post sends a query, and returns the text of the answer.
func post(ctx context.Context, c *http.Client, address, query, accept string) (string, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", accept)
	return do(c, req)
}

func do(c *http.Client, req *http.Request) (string, error) {
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return string(text), err
}

// load is what the clients of a test are: each sends one request after the other, and checks the answers.
type load struct {
	pause    sync.RWMutex // a request holds it for reading
	stop     atomic.Bool
	answered atomic.Int64
	clients  sync.WaitGroup
}

// begin starts a client that calls ask until the load ends. The answer must be one of those that are wanted.
func (l *load) begin(t *testing.T, name string, ask func() (string, error), want ...string) {
	l.clients.Go(func() {
		for !l.stop.Load() {
			l.pause.RLock()
			got, err := ask()
			l.pause.RUnlock()
			l.answered.Add(1)
			ok := false
			for _, w := range want {
				ok = ok || got == w || strings.HasPrefix(w, "~") && strings.Contains(got, w[1:])
			}
			if !ok || err != nil {
				t.Errorf("%s got %s %v", name, got, err)
				return
			}
		}
	})
}

// start starts clients of every kind, in front of a program.
func (l *load) start(t *testing.T, p *reloaded) {
	t.Helper()
	ctx, graphql := context.Background(), "application/graphql-response+json"
	for i := range 2 {
		c := client(t)
		l.begin(t, fmt.Sprint("client ", i), func() (string, error) { return post(ctx, c, p.url, thingsQuery, graphql) }, thingsAnswers[:]...)
	}
	c := client(t)
	l.begin(t, "a client of one schema", func() (string, error) { return post(ctx, c, p.url, `{ extra }`, graphql) },
		`{"data":{"extra":5}}`, `~"code":"GRAPHQL_VALIDATION_FAILED"`)
	stream := client(t)
	l.begin(t, "a stream", func() (string, error) { return post(ctx, stream, p.url, thingsQuery, "text/event-stream") },
		"~data: "+thingsAnswers[0]+"\n\nevent: complete", "~data: "+thingsAnswers[1]+"\n\nevent: complete")
	front := strings.TrimSuffix(p.url, "/graphql")
	get := func(c *http.Client, path string) func() (string, error) {
		return func() (string, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, front+path, nil)
			if err != nil {
				return "", err
			}
			return do(c, req)
		}
	}
	l.begin(t, "a client of an operation route", get(client(t), "/things"), routeAnswers[:]...)
	l.begin(t, "a client of a plain route", get(client(t), "/raw/more/7"), `{"text":"7"}`)

	conn, _, err := websocket.Dial(ctx, strings.Replace(p.url, "http", "ws", 1), &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: client(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	talk := func(message string) (string, error) {
		if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
			return "", err
		}
		return read(ctx, conn)
	}
	if text, err := talk(`{"type":"connection_init"}`); err != nil || text != `{"type":"connection_ack"}` {
		t.Fatal(text, err)
	}
	n := 0
	l.begin(t, "a WebSocket", func() (string, error) {
		n++
		text, err := talk(fmt.Sprintf(`{"id":"%d","type":"subscribe","payload":{"query":%q}}`, n, thingsQuery))
		if err == nil {
			_, err = read(ctx, conn) // complete
		}
		return text, err
	}, `~"payload":`+thingsAnswers[0], `~"payload":`+thingsAnswers[1])
}

// read returns the next message that is not a ping, which comes when there was nothing else for long.
func read(ctx context.Context, conn *websocket.Conn) (string, error) {
	for {
		_, text, err := conn.Read(ctx)
		if err != nil || string(text) != `{"type":"ping"}` {
			return string(text), err
		}
	}
}

// inUse returns the heap and the goroutines while no client sends anything.
func (l *load) inUse() (heap int64, goroutines int) {
	l.pause.Lock()
	defer l.pause.Unlock()
	for range 3 { // pools are empty after the second collection
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), runtime.NumGoroutine()
}

// Two hundred reloads, each with the other schema and another endpoint, lose not one request of clients of every kind, and
// leave nothing behind. This test runs alone, as it measures the process.
func TestReloadsUnderLoadLoseNothing(t *testing.T) { //nolint:paralleltest // see above
	warm, all := 40, 200
	if testing.Short() {
		warm, all = 10, 40
	}
	endpoint := httptest.NewServer(http.HandlerFunc(reloadService))
	const settings = "reload: { watch: false }\nlog: { level: error }"
	p := startReloaded(t, 0, endpoint.URL, settings)
	var l load
	l.start(t, p)
	defer func() {
		l.stop.Store(true)
		l.clients.Wait()
		endpoint.Close()
	}()
	bad := 0
	var heap int64
	var goroutines int
	for i := 1; i <= all && !t.Failed(); i++ {
		if i%50 == 7 {
			before := p.get(t, "/readyz")
			p.replace(t, "a.graphql", "type Query { things: [Absent] }")
			if status, o := p.reload(t); status != http.StatusUnprocessableEntity || o.Status != "refused" || len(o.Problems) == 0 {
				t.Errorf("a schema that is wrong: %d %+v", status, o)
			}
			bad++
			if after := p.get(t, "/readyz"); !strings.Contains(after, `"refused"`) || !strings.Contains(after, "Absent") || strings.Contains(before, "Absent") {
				t.Errorf("/readyz says %s, and %s after a refusal", before, after)
			}
		}
		next := httptest.NewServer(http.HandlerFunc(reloadService))
		p.write(t, i%2, next.URL, settings)
		if status, o := p.reload(t); status != http.StatusOK || o.Snapshot != i+1 {
			t.Errorf("reload %d: %d %+v", i, status, o)
		}
		// The new schema is served at once, to whoever asks from now on.
		if text, err := post(t.Context(), p.client, p.url, thingsQuery, "application/json"); err != nil || text != thingsAnswers[i%2] {
			t.Errorf("after reload %d: %s %v", i, text, err)
		}
		until(t, "the end of what began on the configuration before", func() bool { return p.metric(t, "sluice_snapshots_open") == 1 })
		endpoint.Close()
		endpoint = next
		if i == warm {
			heap, goroutines = l.inUse()
		}
	}
	heapAfter, goroutinesAfter := l.inUse()
	t.Logf("%d requests were answered over %d reloads; heap %d KiB after %d, %d KiB after all; goroutines %d and %d",
		l.answered.Load(), all, heap>>10, warm, heapAfter>>10, goroutines, goroutinesAfter)
	if grown := heapAfter - heap; grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes between the reloads %d and %d", grown, warm, all)
	}
	if grown := goroutinesAfter - goroutines; grown > 20 { // connections come and go
		t.Errorf("%d goroutines were there after reload %d, and %d after reload %d", goroutines, warm, goroutinesAfter, all)
	}
	for name, want := range map[string]float64{
		`sluice_reloads_total{result="succeeded"}`: float64(all), `sluice_reloads_total{result="refused"}`: float64(bad),
		"sluice_snapshot_number": float64(all + 1), "sluice_reload_last_succeeded": 1,
	} {
		if got := p.metric(t, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

func TestChangesOfFilesAndSignalsReload(t *testing.T) {
	t.Parallel()
	first := httptest.NewServer(http.HandlerFunc(reloadService))
	t.Cleanup(first.Close)
	const settings = "reload: { interval: 10ms }\nlog: { level: info }\n"
	p := startReloaded(t, 0, first.URL, settings)
	answers := func(i int) func() bool {
		return func() bool {
			text, err := post(t.Context(), p.client, p.url, thingsQuery, "application/json")
			if err != nil || text != thingsAnswers[0] && text != thingsAnswers[1] {
				t.Errorf("got %s %v", text, err)
			}
			return text == thingsAnswers[i]
		}
	}
	until(t, "the first schema", answers(0))
	p.replace(t, "a.graphql", reloadSchemas[1])
	until(t, "the reload of a schema that has changed", answers(1))

	p.replace(t, "sluice.yaml", "listen: [")
	until(t, "the refusal", func() bool { return strings.Contains(p.stderr.String(), "what is wrong with the new configuration") })
	if !answers(1)() || p.metric(t, "sluice_reload_last_succeeded") != 0 {
		t.Error("a configuration that is no YAML is not refused")
	}
	if text := p.get(t, "/readyz"); !strings.Contains(text, `"status":"ready"`) || !strings.Contains(text, "is not YAML") {
		t.Errorf("/readyz says %s", text)
	}
	// Watching is turned off, and so the next change is seen only when somebody says so.
	p.write(t, 0, first.URL, "reload: { watch: false, interval: 10ms }\nlog: { level: warn }\nserver: { max_header_bytes: 2048, max_body_bytes: 100 }\n")
	until(t, "the reload of the whole configuration", answers(0))
	if log := p.stderr.String(); !strings.Contains(log, `settings=server.max_header_bytes`) {
		t.Errorf("nothing is said of what waits for a restart:\n%s", log)
	}
	if text, err := post(t.Context(), p.client, p.url, thingsQuery+strings.Repeat(" ", 100), "application/json"); err != nil || !strings.Contains(text, "larger than 100 bytes") {
		t.Errorf("the new limit does not hold: %s %v", text, err)
	}
	lines := strings.Count(p.stderr.String(), "the configuration was reloaded")
	p.write(t, 1, first.URL, settings)
	hangup := <-p.hangup
	hangup <- syscall.SIGHUP
	until(t, "the reload at a signal", answers(1))
	until(t, "a line about it", func() bool { return strings.Count(p.stderr.String(), "the configuration was reloaded") == lines+1 })
	if log := p.stderr.String(); !strings.Contains(log, "cause=SIGHUP") {
		t.Errorf("the log does not say why:\n%s", log)
	}
}

func TestOnlyOperatorsReload(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(reloadService))
	t.Cleanup(srv.Close)
	p := startReloaded(t, 0, srv.URL, "reload: { watch: false }")
	for name, c := range map[string]struct {
		url, method, origin string
		want                int
	}{
		"clients have no such path":          {strings.TrimSuffix(p.url, "/graphql") + "/reload", http.MethodPost, "", http.StatusNotFound},
		"pages may not":                      {p.admin + "/reload", http.MethodPost, "https://evil.example", http.StatusForbidden},
		"nothing reloads by being looked at": {p.admin + "/reload", http.MethodGet, "", http.StatusMethodNotAllowed},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
		}
		resp, err := p.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d", name, resp.StatusCode, c.want)
		}
	}
	if n := p.metric(t, "sluice_snapshot_number"); n != 1 {
		t.Errorf("the number of the snapshot is %v", n)
	}
	text, err := post(t.Context(), p.client, p.url, "{ sluice { snapshot { number } reloads { succeeded refusal { problems } } } }", "application/json")
	if want := `{"data":{"sluice":{"snapshot":{"number":1},"reloads":{"succeeded":0,"refusal":null}}}}`; err != nil || text != want {
		t.Errorf("got %s %v, want %s", text, err, want)
	}
}

func TestCertificatesThatAreReplacedAreServed(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(reloadService))
	t.Cleanup(srv.Close)
	r := &reloaded{client: client(t), dir: t.TempDir()}
	r.write(t, 0, srv.URL, "server: { tls: { cert_file: cert.pem, key_file: key.pem } }\nreload: { interval: 10ms }")
	r.certify(t, 1)
	r.program = launch(t, app.IO{Environ: lookup(nil)}, "health at ", "serve", "-c", r.path())
	if !strings.HasPrefix(r.url, "https://") {
		t.Fatalf("GraphQL is at %s", r.url)
	}
	serial := func() int64 {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // it looks at the serial number
		defer transport.CloseIdleConnections()
		resp, err := (&http.Client{Transport: transport}).Get(r.url + "?query={__typename}")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Errorf("the serial number is %d at the start", n)
	}
	r.certify(t, 2)
	until(t, "another certificate", func() bool { return serial() == 2 })
	r.replace(t, "key.pem", "no key")
	until(t, "the refusal of a key that is none", func() bool { return r.metric(t, "sluice_reload_last_succeeded") == 0 })
	if n := serial(); n != 2 {
		t.Errorf("the serial number is %d after a refusal", n)
	}
}

// certify writes a certificate and its key.
func (r *reloaded) certify(t *testing.T, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"sluice.example"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	r.replace(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	r.replace(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}
