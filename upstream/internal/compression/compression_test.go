package compression_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/sluice-gateway/sluice/upstream/internal/buffer"
	"github.com/sluice-gateway/sluice/upstream/internal/compression"
)

// encoders make bodies of each coding, by its name and what is told apart below it.
var encoders = map[string]func(io.Writer) io.WriteCloser{
	"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	"deflate raw": func(w io.Writer) io.WriteCloser {
		z, _ := flate.NewWriter(w, 5)
		return z
	},
	"br": func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) io.WriteCloser {
		z, _ := zstd.NewWriter(w)
		return z
	},
}

func encode(tb testing.TB, name string, content []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := encoders[name](&b)
	if _, err := z.Write(content); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func fill(name string, body io.Reader, limit int64) ([]byte, error) {
	name, _, _ = strings.Cut(name, " ")
	coding, err := compression.Of([]string{name})
	if err != nil {
		return nil, err
	}
	b := buffer.New(0)
	defer b.Release()
	err = coding.Fill(b, body, limit)
	return bytes.Clone(b.B), err
}

func TestEachCodingIsRead(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	errLost := errors.New("lost")
	for name := range encoders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := bytes.Repeat([]byte("hello, "), 10_000)
			whole := encode(t, name, text)
			for range 3 { // readers are used again
				if got, err := fill(name, bytes.NewReader(whole), limit); err != nil || !bytes.Equal(got, text) {
					t.Fatalf("%d bytes, %v; want %d", len(got), err, len(text))
				}
			}
			if got, err := fill(name, iotest.OneByteReader(bytes.NewReader(whole)), limit); err != nil || !bytes.Equal(got, text) {
				t.Errorf("in single bytes: %d bytes, %v; want %d", len(got), err, len(text))
			}
			if _, err := fill(name, bytes.NewReader(encode(t, name, make([]byte, limit))), limit); err != nil {
				t.Errorf("what decompresses to the limit: %v", err)
			}
			if _, err := fill(name, bytes.NewReader(encode(t, name, make([]byte, limit+1))), limit); !errors.Is(err, buffer.ErrLimit) {
				t.Errorf("what decompresses to more than the limit: %v", err)
			}
			for cut := range len(whole) {
				if _, err := fill(name, bytes.NewReader(whole[:cut]), limit); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("the first %d of %d bytes: %v, want an early end", cut, len(whole), err)
				}
			}
			broken := io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), iotest.ErrReader(errLost))
			if _, err := fill(name, broken, limit); !errors.Is(err, errLost) {
				t.Errorf("a body that breaks: %v, want its error", err)
			}
			var corrupt *compression.CorruptError
			if _, err := fill(name, strings.NewReader("\x07\xffI am not compressed, but long enough"), limit); !errors.As(err, &corrupt) {
				t.Errorf("what is not compressed: %v, want a CorruptError", err)
			}
		})
	}
}

func TestCodingsThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	for _, values := range [][]string{{"compress"}, {"gzip, gzip"}, {"gzip", "gzip"}, {"*"}} {
		if _, err := compression.Of(values); !errors.Is(err, compression.ErrUnknown) {
			t.Errorf("%q: %v, want ErrUnknown", values, err)
		}
	}
	for _, values := range [][]string{nil, {""}, {"identity"}, {" GZip "}, {"x-gzip"}} {
		if _, err := compression.Of(values); err != nil {
			t.Errorf("%q: %v", values, err)
		}
	}
}

func TestWindowsOfZstdAreBounded(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithWindowSize(64<<20))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(make([]byte, 100<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var corrupt *compression.CorruptError
	if _, err := fill("zstd", &b, 1<<30); !errors.As(err, &corrupt) || !errors.Is(err, zstd.ErrWindowSizeExceeded) {
		t.Errorf("a window of 64 MiB: %v, want it refused", err)
	}
}

func FuzzFill(f *testing.F) {
	for name := range encoders {
		f.Add(name, encode(f, name, []byte("hello, hello")))
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		const limit = 1 << 16
		if got, _ := fill(name, bytes.NewReader(body), limit); len(got) > 2*limit {
			t.Errorf("%d bytes, far over the limit", len(got))
		}
	})
}
