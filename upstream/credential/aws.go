package credential

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	awsAlgorithm = "AWS4-HMAC-SHA256"
	awsDate      = "X-Amz-Date"
	awsToken     = "X-Amz-Security-Token"
	awsContent   = "X-Amz-Content-Sha256"
	awsTime      = "20060102T150405Z"
	awsS3        = "s3"
	defaultGroup = "default"
)

// aws signs requests with Signature Version 4 (AWS General Reference, "Signature Version 4 signing process"): the method,
// the path, the query, the body, Host, Content-Type and all headers whose names begin with X-Amz-.
type aws struct {
	region, service string
	keys            *secret[awsKeys]
	now             func() time.Time
}

// awsKeys are a pair of keys, with the token that some belong to.
type awsKeys struct{ id, secret, session string }

func newAWS(o *Options, c *AWS) *aws {
	a := &aws{region: c.Region, service: c.Service, now: o.Now}
	profile := c.Profile
	if profile == "" {
		profile = defaultGroup
	}
	a.keys = newSecret(o, "", c.CredentialsFile, func(text []byte) (awsKeys, error) {
		if c.CredentialsFile == "" {
			return awsKeys{c.AccessKeyID, string(c.SecretAccessKey), string(c.SessionToken)}, nil
		}
		return parseProfile(text, profile)
	})
	return a
}

// parseProfile reads one section of a file of credentials.
func parseProfile(text []byte, profile string) (awsKeys, error) {
	var k awsKeys
	in := false
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
			in = strings.TrimSpace(line[1:len(line)-1]) == profile
			continue
		}
		name, v, ok := strings.Cut(line, "=")
		if !in || !ok || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		switch v = strings.TrimSpace(v); strings.ToLower(strings.TrimSpace(name)) {
		case "aws_access_key_id":
			k.id = v
		case "aws_secret_access_key":
			k.secret = v
		case "aws_session_token":
			k.session = v
		}
	}
	if k.id == "" || k.secret == "" || !isFieldValue(k.id+k.session) {
		return awsKeys{}, errors.New("there are no keys in the section of the profile")
	}
	return k, nil
}

func (a *aws) apply(_ context.Context, r *Request) error {
	k, err := a.keys.get()
	if err != nil {
		return err
	}
	a.sign(r, k, a.now().UTC())
	return nil
}

func (a *aws) refused(*Request) bool { return false }
func (a *aws) close()                {}

func (a *aws) sign(r *Request, k awsKeys, now time.Time) {
	stamp := now.Format(awsTime)
	r.Header[awsDate] = []string{stamp}
	delete(r.Header, awsToken)
	if k.session != "" {
		r.Header[awsToken] = []string{k.session}
	}
	content := "UNSIGNED-PAYLOAD"
	if !r.Streamed {
		content = hexSum(r.Body)
	}
	delete(r.Header, awsContent)
	if a.service == awsS3 || r.Streamed {
		r.Header[awsContent] = []string{content}
	}
	names, headers := signedHeaders(r)
	target, query := cutTarget(r.Target)
	request := strings.Join([]string{r.Method, a.canonicalPath(target), canonicalQuery(query), headers, names, content}, "\n")
	scope := stamp[:8] + "/" + a.region + "/" + a.service + "/aws4_request"
	text := strings.Join([]string{awsAlgorithm, stamp, scope, hexSum([]byte(request))}, "\n")
	key := mac([]byte("AWS4"+k.secret), stamp[:8])
	for _, part := range []string{a.region, a.service, "aws4_request"} {
		key = mac(key, part)
	}
	r.Header[authorization] = []string{awsAlgorithm + " Credential=" + k.id + "/" + scope + ", SignedHeaders=" + names +
		", Signature=" + hex.EncodeToString(mac(key, text))}
}

// signedHeaders returns the names of the headers that are signed, and their lines.
func signedHeaders(r *Request) (names, lines string) {
	all := map[string]string{"host": r.Host}
	for name, values := range r.Header {
		lower := strings.ToLower(name)
		if lower == "content-type" || strings.HasPrefix(lower, "x-amz-") {
			trimmed := make([]string, len(values))
			for i, v := range values {
				trimmed[i] = strings.Join(strings.Fields(v), " ")
			}
			all[lower] = strings.Join(trimmed, ",")
		}
	}
	sorted := make([]string, 0, len(all))
	for name := range all {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	var b strings.Builder
	for _, name := range sorted {
		b.WriteString(name + ":" + all[name] + "\n")
	}
	return strings.Join(sorted, ";"), b.String()
}

// canonicalPath is the path as it is signed: without dots and double slashes, and encoded once more than it is sent; for
// S3, whose keys may have all of that in them, as it is.
func (a *aws) canonicalPath(p string) string {
	if a.service == awsS3 {
		return p
	}
	clean := path.Clean(p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return escape(clean, true)
}

// canonicalQuery is the query with its parameters sorted and encoded in one way.
func canonicalQuery(query string) string {
	if query == "" {
		return ""
	}
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, v, _ := strings.Cut(pair, "=")
		pairs = append(pairs, escape(unescape(name), false)+"="+escape(unescape(v), false))
	}
	// The sign = sorts after what may follow a name, so that names are compared first.
	slices.SortFunc(pairs, func(a, b string) int {
		an, av, _ := strings.Cut(a, "=")
		bn, bv, _ := strings.Cut(b, "=")
		if c := strings.Compare(an, bn); c != 0 {
			return c
		}
		return strings.Compare(av, bv)
	})
	return strings.Join(pairs, "&")
}

func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// escape encodes all but the unreserved characters of RFC 3986, and slashes if they are to be kept.
func escape(s string, slashes bool) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '~', c == '/' && slashes:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

func hexSum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
