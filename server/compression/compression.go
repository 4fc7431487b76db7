// Package compression compresses answers for clients that take them so. It knows HTTP and nothing of what is answered.
// Package server puts it around all of its handlers.
package compression

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// Config says which answers are compressed.
type Config struct {
	// Enabled is false by default: it takes more time than all else, and an answer that has a secret beside what an attacker
	// chose tells something of it by its length.
	Enabled bool `yaml:"enabled"`
	// Encodings are offered in this order where a client takes several alike. Default zstd, br, gzip.
	Encodings []string `yaml:"encodings"`
	// MinBytes is the length from which it is worth it. Default 1024.
	MinBytes int64 `yaml:"min_bytes"`
	// Types are media types, or with a star at the end their beginnings. Default JSON, XML and
	// JavaScript in their usual names, text/* and image/svg+xml.
	Types []string `yaml:"types"`
}

const (
	encodingZstd   = "zstd"
	encodingBrotli = "br"
	encodingGzip   = "gzip"
)

// DefaultConfig returns the defaults that the fields name.
func DefaultConfig() Config {
	return Config{
		Encodings: []string{encodingZstd, encodingBrotli, encodingGzip},
		MinBytes:  1024,
		Types: []string{
			"application/json", "application/graphql-response+json", "application/problem+json", "application/javascript",
			"application/xml", "image/svg+xml", "text/*",
		},
	}
}

// Validate returns everything that is wrong, one error each.
func (c *Config) Validate() error {
	var errs []error
	for i, e := range c.Encodings {
		if !slices.Contains([]string{encodingZstd, encodingBrotli, encodingGzip}, e) {
			errs = append(errs, fmt.Errorf("encodings[%d]: must be zstd, br or gzip (got %q)", i, e))
		}
	}
	if c.MinBytes < 0 {
		errs = append(errs, fmt.Errorf("min_bytes: must be 0 or more (got %d)", c.MinBytes))
	}
	for i, t := range c.Types {
		if !strings.Contains(t, "/") {
			errs = append(errs, fmt.Errorf("types[%d]: must be a media type, such as application/json (got %q)", i, t))
		}
	}
	return errors.Join(errs...)
}

// encoder is what the libraries have in common.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(w io.Writer)
}

// Handler compresses the answers of a handler.
func Handler(c Config, next http.Handler) http.Handler {
	if !c.Enabled || len(c.Encodings) == 0 {
		return next
	}
	// Levels are those at which a piece takes about as long as sending it does.
	pools := map[string]*sync.Pool{
		encodingGzip:   {New: func() any { z, _ := gzip.NewWriterLevel(io.Discard, 4); return encoder(z) }},
		encodingBrotli: {New: func() any { return encoder(brotli.NewWriterLevel(io.Discard, 3)) }},
		encodingZstd: {New: func() any {
			z, err := zstd.NewWriter(io.Discard, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
			if err != nil {
				return nil
			}
			return encoder(z)
		}},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		encoding := choose(c.Encodings, r.Header["Accept-Encoding"])
		if r.Method == http.MethodHead || len(r.Header["Upgrade"]) > 0 {
			next.ServeHTTP(w, r)
			return
		}
		x := &writer{ResponseWriter: w, config: &c, encoding: encoding, pool: pools[encoding]}
		next.ServeHTTP(x, r)
		x.end() // not after a panic, which cuts the answer
	})
}

// choose returns the encoding that a client likes best (RFC 9110, section 12.5.3); empty: none.
func choose(offered, accept []string) string {
	best, weight := "", 0.0
	others := -1.0
	named := map[string]float64{}
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(part, ";")
			q := 1.0
			if value, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q="); ok {
				var err error
				if q, err = strconv.ParseFloat(value, 64); err != nil || !(q >= 0 && q <= 1) {
					continue
				}
			}
			switch name = strings.ToLower(strings.TrimSpace(name)); name {
			case "*":
				others = q
			case "x-gzip":
				named[encodingGzip] = q
			default:
				named[name] = q
			}
		}
	}
	for _, e := range offered {
		q, ok := named[e]
		if !ok {
			q = others
		}
		if q > weight {
			best, weight = e, q
		}
	}
	return best
}

// writer is an answer that may be compressed. What it is to be is known with its head.
type writer struct {
	http.ResponseWriter
	config   *Config
	encoding string
	pool     *sync.Pool
	encoder  encoder // nil: as it is
	decided  bool
}

// Unwrap is how http.ResponseController finds what the connection can do.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(status int) {
	if status >= 200 && !w.decided {
		w.decided = true
		w.decide(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) decide(status int) {
	h := w.Header()
	switch {
	case status == http.StatusNoContent, status == http.StatusNotModified, status == http.StatusPartialContent,
		len(h["Content-Encoding"]) > 0, // never twice
		!w.config.compressible(h.Get("Content-Type")), noTransform(h["Cache-Control"]):
		return
	}
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil && n < w.config.MinBytes {
		return
	}
	h.Add("Vary", "Accept-Encoding") // whether or not this client takes it
	if w.encoding == "" {
		return
	}
	z, ok := w.pool.Get().(encoder)
	if !ok {
		return
	}
	z.Reset(w.ResponseWriter)
	w.encoder = z
	h.Set("Content-Encoding", w.encoding)
	h.Del("Content-Length")
	h.Del("Accept-Ranges")
	if tag := h.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		h.Set("Etag", "W/"+tag) // other bytes, the same content
	}
}

func (c *Config) compressible(contentType string) bool {
	essence, _, err := mime.ParseMediaType(contentType)
	// Events are many small pieces that must come at once: compressing them gains little.
	if err != nil || essence == "text/event-stream" {
		return false
	}
	return slices.ContainsFunc(c.Types, func(t string) bool {
		begin, open := strings.CutSuffix(t, "*")
		return essence == t || open && strings.HasPrefix(essence, begin)
	})
}

func noTransform(lines []string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(strings.ToLower(l), "no-transform") })
}

func (w *writer) Write(p []byte) (int, error) {
	if !w.decided {
		w.WriteHeader(http.StatusOK)
	}
	if w.encoder == nil {
		return w.ResponseWriter.Write(p)
	}
	return w.encoder.Write(p)
}

// FlushError sends what has been written, compressed as far as it came.
func (w *writer) FlushError() error {
	if !w.decided {
		w.WriteHeader(http.StatusOK)
	}
	if w.encoder != nil {
		if err := w.encoder.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush is for handlers that ask for the interface.
func (w *writer) Flush() { _ = w.FlushError() }

func (w *writer) end() {
	if w.encoder == nil {
		return
	}
	if w.encoder.Close() == nil {
		w.encoder.Reset(io.Discard)
		w.pool.Put(w.encoder)
	}
}
