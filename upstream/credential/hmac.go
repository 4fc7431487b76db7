package credential

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// How a key is written.
const (
	encodingText   = "text"
	encodingBase64 = "base64"
	encodingHex    = "hex"
)

func decodeKey(text []byte, encoding string) (key []byte, err error) {
	switch encoding {
	case encodingBase64:
		key, err = base64.StdEncoding.DecodeString(string(text))
	case encodingHex:
		key, err = hex.DecodeString(string(text))
	default:
		key = text
	}
	if err != nil || len(key) == 0 {
		return nil, errors.New("the key is not in the encoding that is named") // without any of it
	}
	return key, nil
}

// signer signs requests by HTTP Message Signatures (RFC 9421) with HMAC-SHA256 (section 3.3.3). What is signed is the
// base of section 2.5 over these components, in this order:
//
//	"@method" "@authority" "@path" "@query", "content-digest" if there is a body, then the headers of the
//	configuration that the request has
//
// with the parameters created, expires if the configuration says so, keyid and alg.
type signer struct {
	keyID   string
	key     *secret[[]byte]
	headers []string // canonical
	expires time.Duration
	now     func() time.Time
}

func newSigner(o *Options, h *HMAC) *signer {
	s := &signer{keyID: h.KeyID, expires: h.Expires, now: o.Now}
	s.key = newSecret(o, string(h.Key), h.KeyFile, func(text []byte) ([]byte, error) { return decodeKey(text, h.Encoding) })
	for _, name := range h.Headers {
		s.headers = append(s.headers, textproto.CanonicalMIMEHeaderKey(name))
	}
	return s
}

func (s *signer) apply(_ context.Context, r *Request) error {
	key, err := s.key.get()
	if err != nil {
		return err
	}
	if r.Streamed {
		delete(r.Header, "Content-Digest") // of a client, which nobody here can vouch for
	} else if len(r.Body) > 0 {
		sum := sha256.Sum256(r.Body)
		r.Header["Content-Digest"] = []string{"sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"}
	}
	path, query := cutTarget(r.Target)
	components := []component{
		{"@method", r.Method}, {"@authority", authority(r.Scheme, r.Host)}, {"@path", path}, {"@query", "?" + query},
	}
	add := func(name string) {
		if v := r.Header[name]; len(v) > 0 {
			components = append(components, component{strings.ToLower(name), fieldValue(v)})
		}
	}
	if !r.Streamed && len(r.Body) > 0 {
		add("Content-Digest")
	}
	for _, name := range s.headers {
		if name != "Content-Digest" {
			add(name)
		}
	}
	created := s.now()
	params := ";created=" + strconv.FormatInt(created.Unix(), 10)
	if s.expires > 0 {
		params += ";expires=" + strconv.FormatInt(created.Add(s.expires).Unix(), 10)
	}
	params += ";keyid=" + quoted(s.keyID) + `;alg="hmac-sha256"`
	base, input := signatureBase(components, params)
	r.Header["Signature-Input"] = []string{"sluice=" + input}
	r.Header["Signature"] = []string{"sluice=:" + base64.StdEncoding.EncodeToString(mac(key, base)) + ":"}
	return nil
}

func (s *signer) refused(*Request) bool { return false }
func (s *signer) close()                {}

// component is a part of a request that a signature covers.
type component struct{ name, value string }

// signatureBase returns the text that is signed, and the parameters of the signature, which are its last line.
func signatureBase(components []component, params string) (base, input string) {
	var b, names strings.Builder
	for i, c := range components {
		fmt.Fprintf(&b, "%q: %s\n", c.name, c.value)
		if i > 0 {
			names.WriteByte(' ')
		}
		fmt.Fprintf(&names, "%q", c.name)
	}
	input = "(" + names.String() + ")" + params
	return b.String() + `"@signature-params": ` + input, input
}

// fieldValue joins the values of a header as section 2.1 has it.
func fieldValue(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strings.TrimSpace(v)
	}
	return strings.Join(out, ", ")
}

// quoted writes a string of RFC 8941, section 3.3.3.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
