package credential

import (
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// Text is a secret. It is never shown: where the configuration is printed, something else stands in its place.
type Text string

// redacted stands where a secret would.
const redacted = "(secret)"

// String returns something that is not the secret.
func (t Text) String() string {
	if t == "" {
		return ""
	}
	return redacted
}

// GoString is String.
func (t Text) GoString() string { return t.String() }

// MarshalText is String.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Redacted returns what is shown instead of the secret; the configuration's printer calls it.
func (t Text) Redacted() string { return t.String() }

// Config is how a service knows who calls it. Each section that is given adds something to every request, in the order
// of the fields; at most one of basic, oauth2, token_exchange and aws_sigv4, as all of them make Authorization. Without any,
// requests go out as they are.
type Config struct {
	// Headers are headers with secrets in them.
	Headers []Header `yaml:"headers"`
	// Basic is a user name and a password (RFC 7617).
	Basic Basic `yaml:"basic"`
	// OAuth2 gets a token for the gateway itself from an authorization server (client credentials, RFC 6749 section 4.4).
	OAuth2 OAuth2 `yaml:"oauth2"`
	// TokenExchange gets a token for each client of the gateway in exchange for the bearer token that the client sent (RFC
	// 8693).
	TokenExchange TokenExchange `yaml:"token_exchange"`
	// HMAC signs each request with a shared key.
	HMAC HMAC `yaml:"hmac"`
	// AWS signs each request for a service of AWS (Signature Version 4).
	AWS AWS `yaml:"aws_sigv4"`
}

// Header is a header whose value is a secret.
type Header struct {
	// Name is the name of the header, such as X-Api-Key.
	Name string `yaml:"name"`
	// Value is the secret, as a rule ${NAME} of the environment. Either it or File is given.
	Value Text `yaml:"value"`
	// File is a file with the secret, which is read again when it changes. White space at its end does not count.
	File string `yaml:"file"`
	// Prefix stands before the secret, such as "Bearer ".
	Prefix string `yaml:"prefix"`
}

// Basic is a user name and a password.
type Basic struct {
	// Username is the name.
	Username string `yaml:"username"`
	// Password is the password. Either it or PasswordFile is given.
	Password Text `yaml:"password"`
	// PasswordFile is a file with the password, which is read again when it changes.
	PasswordFile string `yaml:"password_file"`
}

// OAuth2 gets a token for the gateway itself. The token is kept until shortly before it expires; a new one is fetched by
// one request at a time, and while that fails the old one is used as long as it is valid.
type OAuth2 struct {
	// TokenURL is the token endpoint of the authorization server. It must be https, unless it is on this machine.
	TokenURL string `yaml:"token_url"`
	// ClientID is the name by which the authorization server knows the gateway.
	ClientID string `yaml:"client_id"`
	// ClientSecret is the secret of the gateway. Either it or ClientSecretFile is given.
	ClientSecret Text `yaml:"client_secret"`
	// ClientSecretFile is a file with the secret, which is read again when it changes.
	ClientSecretFile string `yaml:"client_secret_file"`
	// Auth says how the gateway shows who it is: basic, as a user name and password (default), or post, in the body.
	Auth string `yaml:"auth" jsonschema:"enum=basic,enum=post"`
	// Scopes are asked for. Default: none, which means what the authorization server thinks right.
	Scopes []string `yaml:"scopes"`
	// Audience is asked for, where an authorization server wants it. Default: none.
	Audience string `yaml:"audience"`
	// Resource is the URL of the service, where an authorization server wants it (RFC 8707). Default: none.
	Resource string `yaml:"resource"`
	// Timeout limits one request for a token. Default 0, which means 5s.
	Timeout time.Duration `yaml:"timeout"`
}

// TokenExchange gets a token for each client. The tokens are kept until shortly before they expire. Without a bearer token
// a client gets an error for the fields of the service, unless Anonymous lets the request go without.
type TokenExchange struct {
	// TokenURL is the token endpoint of the authorization server. It must be https, unless it is on this machine.
	TokenURL string `yaml:"token_url"`
	// ClientID is the name by which the authorization server knows the gateway. Default: it does not show who it is.
	ClientID string `yaml:"client_id"`
	// ClientSecret is the secret of the gateway. Either it or ClientSecretFile is given if there is a ClientID.
	ClientSecret Text `yaml:"client_secret"`
	// ClientSecretFile is a file with the secret, which is read again when it changes.
	ClientSecretFile string `yaml:"client_secret_file"`
	// Auth says how the gateway shows who it is: basic, as a user name and password (default), or post, in the body.
	Auth string `yaml:"auth" jsonschema:"enum=basic,enum=post"`
	// Scopes are asked for. Default: none.
	Scopes []string `yaml:"scopes"`
	// Audience is the name of the service at the authorization server. Default: none.
	Audience string `yaml:"audience"`
	// Resource is the URL of the service. Default: none.
	Resource string `yaml:"resource"`
	// SubjectTokenType is what the client's token is. Default urn:ietf:params:oauth:token-type:access_token.
	SubjectTokenType string `yaml:"subject_token_type"`
	// RequestedTokenType is what is asked for. Default: not said.
	RequestedTokenType string `yaml:"requested_token_type"`
	// Anonymous lets requests of clients without a bearer token go to the service without one (default false).
	Anonymous bool `yaml:"anonymous"`
	// CacheSize is how many tokens are kept. Default 0, which means 10000.
	CacheSize int `yaml:"cache_size"`
	// Timeout limits one request for a token. Default 0, which means 5s.
	Timeout time.Duration `yaml:"timeout"`
}

// HMAC signs requests with HMAC-SHA256, as HTTP Message Signatures (RFC 9421) have it: the method, the authority, the path
// and the query, the digest of the body (RFC 9530), and the headers that are listed.
type HMAC struct {
	// KeyID is the name of the key, which is sent along.
	KeyID string `yaml:"key_id"`
	// Key is the shared key. Either it or KeyFile is given.
	Key Text `yaml:"key"`
	// KeyFile is a file with the key, which is read again when it changes.
	KeyFile string `yaml:"key_file"`
	// Encoding is how the key is written: text (default), base64 or hex.
	Encoding string `yaml:"encoding" jsonschema:"enum=text,enum=base64,enum=hex"`
	// Headers are further headers that the signature covers, if the request has them.
	Headers []string `yaml:"headers"`
	// Expires is how long a signature is good for (default 0: that is not said).
	Expires time.Duration `yaml:"expires"`
}

// AWS signs requests with Signature Version 4.
type AWS struct {
	// Region is the region of the service, such as eu-central-1.
	Region string `yaml:"region"`
	// Service is the name of the service in signatures, such as execute-api or lambda.
	Service string `yaml:"service"`
	// AccessKeyID is the name of the key. It and SecretAccessKey, or CredentialsFile, are given.
	AccessKeyID string `yaml:"access_key_id"`
	// SecretAccessKey is the key.
	SecretAccessKey Text `yaml:"secret_access_key"`
	// SessionToken belongs to keys that are good for a while only. Default: none.
	SessionToken Text `yaml:"session_token"`
	// CredentialsFile is a file in the form of ~/.aws/credentials, which is read again when it changes.
	CredentialsFile string `yaml:"credentials_file"`
	// Profile is the section of that file (default "default").
	Profile string `yaml:"profile"`
}

// Validate returns everything that is wrong, joined, each error beginning with the path of the field: nil if the
// configuration can be used.
func (c *Config) Validate() error {
	v := &checker{}
	for i := range c.Headers {
		h, path := &c.Headers[i], fmt.Sprintf("headers[%d]", i)
		v.name(path+".name", h.Name)
		v.secret(path, "value", "file", string(h.Value), h.File)
		v.value(path+".prefix", h.Prefix)
	}
	making := 0
	if b := &c.Basic; given(b) {
		making++
		v.needed("basic.username", b.Username)
		if strings.Contains(b.Username, ":") {
			v.report("basic.username", "must not have a colon (RFC 7617, section 2)")
		}
		v.secret("basic", "password", "password_file", string(b.Password), b.PasswordFile)
	}
	if o := &c.OAuth2; given(o) {
		making++
		v.grant("oauth2", o.grant(), true)
	}
	if e := &c.TokenExchange; given(e) {
		making++
		v.grant("token_exchange", e.grant(), false)
		if e.CacheSize < 0 {
			v.report("token_exchange.cache_size", fmt.Sprintf("must be >= 0 (got %d)", e.CacheSize))
		}
	}
	if h := &c.HMAC; given(h) {
		v.needed("hmac.key_id", h.KeyID)
		if strings.ContainsFunc(h.KeyID, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
			v.report("hmac.key_id", "must be ASCII without control characters")
		}
		v.secret("hmac", "key", "key_file", string(h.Key), h.KeyFile)
		v.oneOf("hmac.encoding", h.Encoding, encodingText, encodingBase64, encodingHex)
		if h.Key != "" {
			if _, err := decodeKey([]byte(h.Key), h.Encoding); err != nil {
				v.report("hmac.key", "is not in the encoding that is named")
			}
		}
		for i, name := range h.Headers {
			v.name(fmt.Sprintf("hmac.headers[%d]", i), name)
		}
		if h.Expires < 0 {
			v.report("hmac.expires", fmt.Sprintf("must be >= 0 (got %v)", h.Expires))
		}
	}
	if a := &c.AWS; given(a) {
		making++
		v.needed("aws_sigv4.region", a.Region)
		v.needed("aws_sigv4.service", a.Service)
		switch {
		case a.CredentialsFile != "" && (a.AccessKeyID != "" || a.SecretAccessKey != "" || a.SessionToken != ""):
			v.report("aws_sigv4.credentials_file", "stands in the place of access_key_id, secret_access_key and session_token")
		case a.CredentialsFile == "":
			v.needed("aws_sigv4.access_key_id", a.AccessKeyID)
			v.needed("aws_sigv4.secret_access_key", string(a.SecretAccessKey))
		}
		if a.Profile != "" && a.CredentialsFile == "" {
			v.report("aws_sigv4.profile", "belongs to credentials_file")
		}
	}
	if making > 1 {
		v.report("", "at most one of basic, oauth2, token_exchange and aws_sigv4 can be given, as all of them make Authorization")
	}
	return errors.Join(v.errs...)
}

// given reports whether anything of a section is set.
func given[T any](section *T) bool { return !reflect.ValueOf(section).Elem().IsZero() }

// checker collects what is wrong. It quotes no secret.
type checker struct{ errs []error }

func (v *checker) report(path, rule string) {
	if path != "" {
		rule = path + ": " + rule
	}
	v.errs = append(v.errs, errors.New(rule))
}

func (v *checker) needed(path, text string) {
	if text == "" {
		v.report(path, "is needed")
	}
	v.value(path, text)
}

func (v *checker) value(path, text string) {
	if !isFieldValue(text) {
		v.report(path, "must have no control characters")
	}
}

func (v *checker) secret(path, field, file, text, name string) {
	switch {
	case (text == "") == (name == ""):
		v.report(path+"."+field, "either this or "+file+" is needed")
	default:
		v.value(path+"."+field, text)
	}
}

func (v *checker) oneOf(path, got string, options ...string) {
	for _, o := range options {
		if got == o || got == "" {
			return
		}
	}
	v.report(path, fmt.Sprintf("must be one of %s (got %q)", strings.Join(options, ", "), got))
}

func (v *checker) name(path, text string) {
	switch name := textproto.CanonicalMIMEHeaderKey(text); {
	case !isToken(text):
		v.report(path, fmt.Sprintf("must be the name of a header (got %q)", text))
	case reserved(name):
		v.report(path, fmt.Sprintf("is set by the gateway itself (got %q)", text))
	}
}

func (v *checker) grant(path string, g *grant, needsClient bool) {
	v.tokenURL(path+".token_url", g.url)
	switch {
	case g.clientID == "" && (needsClient || g.secret != "" || g.secretFile != ""):
		v.report(path+".client_id", "is needed")
	case g.clientID != "":
		v.secret(path, "client_secret", "client_secret_file", string(g.secret), g.secretFile)
	}
	v.oneOf(path+".auth", g.auth, authBasic, authPost)
	if g.timeout < 0 {
		v.report(path+".timeout", fmt.Sprintf("must be >= 0 (got %v)", g.timeout))
	}
}

// tokenURL: secrets go there, so that the way must be safe.
func (v *checker) tokenURL(path, text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		v.report(path, "must be the URL of a token endpoint")
	case u.User != nil || u.Fragment != "":
		v.report(path, "must have neither user nor fragment")
	case u.Scheme == "http" && !isLocal(u.Hostname()):
		v.report(path, "must be https, as secrets go there (RFC 6749, section 3.2)")
	}
}
