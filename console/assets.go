package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// assetPath is the path under which the files of the pages lie.
const assetPath = "/console/"

//go:embed assets/logo.svg assets/console.css assets/console.js assets/vendor/*.gz
var files embed.FS

//go:embed assets/page.html
var pageSource string

// assets are the files of the pages, by name with a part of their hash in it: the content at an address never changes.
type assets struct {
	byAddress map[string]*asset
	byName    map[string]*asset
}

type asset struct {
	address     string
	contentType string
	etag        string
	plain, gzip []byte
}

func loadAssets() (*assets, error) {
	all := &assets{byAddress: map[string]*asset{}, byName: map[string]*asset{}}
	for _, dir := range []string{"assets", "assets/vendor"} {
		entries, err := files.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.IsDir() {
				continue
			}
			text, err := files.ReadFile(dir + "/" + e.Name())
			if err != nil {
				return nil, err
			}
			if err := all.add(e.Name(), text); err != nil {
				return nil, fmt.Errorf("%s: %w", e.Name(), err)
			}
		}
	}
	return all, nil
}

func (a *assets) add(name string, text []byte) error {
	f := &asset{plain: text}
	if unpacked, ok := strings.CutSuffix(name, ".gz"); ok {
		name, f.gzip = unpacked, text
		r, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			return err
		}
		if f.plain, err = io.ReadAll(r); err != nil {
			return err
		}
	} else {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		f.gzip = packed.Bytes()
	}
	sum := sha256.Sum256(f.plain)
	hash := hex.EncodeToString(sum[:8])
	ext := path.Ext(name)
	switch ext { // not mime.TypeByExtension, which reads files of the system
	case ".js":
		f.contentType = "text/javascript; charset=utf-8"
	case ".css":
		f.contentType = "text/css; charset=utf-8"
	case ".svg":
		f.contentType = "image/svg+xml"
	default:
		return fmt.Errorf("no content type for %s", ext)
	}
	f.address = assetPath + strings.TrimSuffix(name, ext) + "." + hash + ext
	f.etag = `W/"` + hash + `"` // weak: two encodings have it
	a.byName[name], a.byAddress[f.address] = f, f
	return nil
}

func (a *assets) address(name string) (string, error) {
	f, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("no asset %s", name)
	}
	return f.address, nil
}

// serve answers with a file, compressed as it lies here if the client takes that.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	f, ok := a.byAddress[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Etag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if slices.Contains(r.Header.Values("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if takesGzip(r.Header.Values("Accept-Encoding")) {
		body = f.gzip
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func takesGzip(lines []string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			name, params, err := mime.ParseMediaType(part)
			if err != nil || name != "gzip" {
				continue
			}
			q, err := strconv.ParseFloat(params["q"], 64)
			return params["q"] == "" || err == nil && q > 0
		}
	}
	return false
}
