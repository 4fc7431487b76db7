package http1_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/upstream/internal/http1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// got is what came of one request.
type got struct {
	Status   int
	Header   http.Header
	Body     string
	Trailer  http.Header
	Reusable bool
	err      error // of the request or of reading the body
	began    bool  // the answer had a head
}

// script is a connection to a peer that has answered before it is asked, and says no more.
type script struct {
	net.Conn
	*strings.Reader
}

func (s script) Read(p []byte) (int, error)       { return s.Reader.Read(p) }
func (script) Write(p []byte) (int, error)        { return len(p), nil }
func (script) Close() error                       { return nil }
func (script) SetReadDeadline(time.Time) error    { return nil }
func (script) SetWriteDeadline(_ time.Time) error { return nil }

// exchange sends a request to a peer that answers with a text and closes the connection.
func exchange(tb testing.TB, method, answer string) got {
	tb.Helper()
	var uploads sync.WaitGroup
	reusable, ended := false, 0
	o := &http1.Options{HeaderBytes: 4096, HeaderTimeout: 10 * time.Second, Uploads: &uploads}
	c := http1.New(script{Reader: strings.NewReader(answer)}, o, func(ok bool) {
		reusable = ok
		ended++
	})
	defer func() {
		if ended != 1 {
			tb.Errorf("the connection was handed back %d times", ended)
		}
	}()
	req, err := http.NewRequestWithContext(tb.Context(), method, "http://a/", nil)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		return got{err: err}
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	return got{resp.StatusCode, resp.Header, string(body), resp.Trailer, reusable, err, true}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, tt := range []struct {
		name, method, answer string
		status               int
		body                 string
		reusable             bool
	}{
		{"a body of known length", "GET", ok + "Content-Length: 3\r\n\r\nabc", 200, "abc", true},
		{"no body", "GET", ok + "Content-Length: 0\r\n\r\n", 200, "", true},
		{"the same length twice", "GET", ok + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
		{"chunks", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 200, "abc", true},
		{"a chunk with spaces", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n3  \r\nabc\r\n0\r\n\r\n", 200, "abc", true},
		{"chunks with extensions", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0;c\r\n\r\n", 200, "abc", true},
		{"a body until the end", "GET", ok + "\r\nabc", 200, "abc", false},
		{"HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", false},
		{"an end that is announced", "GET", ok + "Connection: close\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", false},
		{"lines that end in LF alone", "GET", "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", 200, "abc", true},
		{"no reason", "GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", true},
		{"the head of a body", "HEAD", ok + "Content-Length: 3\r\n\r\n", 200, "", true},
		{"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
		{"304 with a length", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 304, "", true},
		{"provisional answers", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok + "Content-Length: 1\r\n\r\na", 200, "a", true},
		// What comes behind an answer is not the answer to the next request.
		{"a second answer", "GET", ok + "Content-Length: 1\r\n\r\na" + ok + "Content-Length: 1\r\n\r\nb", 200, "a", false},
		{"more than announced", "GET", ok + "Content-Length: 1\r\n\r\nab", 200, "a", false},
		{"a body to HEAD", "HEAD", ok + "Content-Length: 3\r\n\r\nabc", 200, "", false},
		{"a body of 204", "GET", "HTTP/1.1 204 No Content\r\n\r\nabc", 204, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := exchange(t, tt.method, tt.answer)
			if g.err != nil || g.Status != tt.status || g.Body != tt.body || g.Reusable != tt.reusable {
				t.Errorf("status %d, body %q, reusable %v, %v; want %d, %q, %v", g.Status, g.Body, g.Reusable, g.err, tt.status, tt.body, tt.reusable)
			}
		})
	}
}

func TestTrailers(t *testing.T) {
	t.Parallel()
	g := exchange(t, "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\nContent-Length: 9\r\n\r\n")
	if diff := cmp.Diff(http.Header{"X-Sum": {"7"}}, g.Trailer); diff != "" || g.err != nil {
		t.Errorf("trailers (-want +got):\n%s%v", diff, g.err)
	}
}

// Whatever two readers could understand differently, and whatever is cut, is an error, and the connection is not used again.
func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, answer := range map[string]string{
		"nothing":                            "",
		"no HTTP":                            "SSH-2.0-OpenSSH_9\r\n\r\n",
		"HTTP/2":                             "HTTP/2.0 200 OK\r\n\r\n",
		"a status of two digits":             "HTTP/1.1 20 OK\r\n\r\n",
		"a status of four":                   "HTTP/1.1 2000 OK\r\n\r\n",
		"a signed status":                    "HTTP/1.1 +20 OK\r\n\r\n",
		"half a head":                        ok + "Content-Le",
		"two lengths":                        ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"two lengths in a line":              ok + "Content-Length: 3, 3\r\n\r\nabc",
		"a space before an extension":        ok + "Transfer-Encoding: chunked\r\n\r\n3 ;a=b\r\nabc\r\n0\r\n\r\n",
		"a negative length":                  ok + "Content-Length: -1\r\n\r\n",
		"a signed length":                    ok + "Content-Length: +3\r\n\r\nabc",
		"a length beyond numbers":            ok + "Content-Length: 99999999999999999999\r\n\r\n",
		"an empty length":                    ok + "Content-Length: \r\n\r\n",
		"a length and chunks":                ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"an encoding that is not known":      ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"chunks twice":                       ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks in HTTP/1.0":                 "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a space before the colon":           ok + "Content-Length : 3\r\n\r\nabc",
		"a folded line":                      ok + "A: b\r\n c\r\n\r\n",
		"no colon":                           ok + "abc\r\n\r\n",
		"no name":                            ok + ": a\r\n\r\n",
		"a NUL in a value":                   ok + "A: a\x00b\r\n\r\n",
		"a CR in a value":                    ok + "A: a\rb\r\n\r\n",
		"a head over the limit":              ok + "A: " + strings.Repeat("a", 5000) + "\r\n\r\n",
		"provisional answers without end":    strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 500),
		"a short body":                       ok + "Content-Length: 3\r\n\r\nab",
		"a short chunk":                      ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nab",
		"no last chunk":                      ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
		"no end of the trailers":             ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n",
		"a chunk that is longer than said":   ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
		"a chunk of no number":               ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
		"a chunk of a negative length":       ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
		"a chunk beyond numbers":             ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
		"a chunk of hexadecimal with prefix": ok + "Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n",
		"an endless extension":               ok + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("a", 9000) + "\r\na\r\n0\r\n\r\n",
		"trailers over the limit":            ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: b\r\n", 2000) + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := exchange(t, "GET", answer)
			if g.err == nil || g.Reusable {
				t.Errorf("status %d, body %q, reusable %v: want an error", g.Status, g.Body, g.Reusable)
			}
		})
	}
}

func TestAConnectionThatWasLostSaysHowMuchCame(t *testing.T) {
	t.Parallel()
	for answer, silent := range map[string]bool{"": true, "HTTP/1.1 2": false} {
		g := exchange(t, "GET", answer)
		lost, ok := errors.AsType[*http1.LostError](g.err)
		if !ok || lost.Silent != silent || lost.Reused {
			t.Errorf("after %q: %#v", answer, g.err)
		}
	}
}

// Whatever is accepted here, net/http accepts too, and understands in the same way: so nothing that reads answers behind us
// can be made to see others.
func FuzzAnswer(f *testing.F) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, seed := range []string{
		ok + "Content-Length: 3\r\n\r\nabc", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nA: b\r\n\r\n", ok + "\r\nabc",
		"HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 1\r\n\r\na", "HTTP/1.0 404 \nA: b\n\n", ok + "Content-Length: 3, 3\r\n\r\nabc",
		ok + "Transfer-Encoding: chunked\r\n\r\n3 ;a=b\r\nabc\r\n0\r\n\r\n", ok + "Connection: close, x\r\nContent-Length: 1\r\n\r\nab",
	} {
		f.Add("GET", seed)
	}
	f.Add("HEAD", ok+"Content-Length: 3\r\n\r\n")
	f.Fuzz(func(t *testing.T, method, answer string) {
		if method != "GET" && method != "HEAD" || len(answer) > 8<<10 {
			return
		}
		g := exchange(t, method, answer)
		if !g.began || g.err != nil {
			return
		}
		r := bufio.NewReader(strings.NewReader(answer))
		var resp *http.Response
		for {
			var err error
			resp, err = http.ReadResponse(r, &http.Request{Method: method})
			if err != nil {
				t.Fatalf("net/http refuses %q: %v", answer, err)
			}
			if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
				break
			}
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != g.Status || string(body) != g.Body {
			t.Fatalf("%q: net/http has status %d, body %q, %v; we have %d, %q", answer, resp.StatusCode, body, err, g.Status, g.Body)
		}
		for name, values := range g.Header {
			// net/http takes out what concerns the connection and the names of trailers, and joins lengths.
			if name == "Connection" || name == "Trailer" || name == "Content-Length" {
				continue
			}
			if diff := cmp.Diff(resp.Header[name], values); diff != "" {
				t.Fatalf("%q: the header %s (-net/http +got):\n%s", answer, name, diff)
			}
		}
	})
}
