package credential_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/upstream/credential"
)

// write puts a text into a file, in the way of those who care that nobody sees half of it.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestASecretOfAFileIsReadAgainWhenItChanges(t *testing.T) {
	t.Parallel()
	path, c := filepath.Join(t.TempDir(), "key"), newClock()
	creds := open(t, c, credential.Config{Headers: []credential.Header{{Name: "x-api-key", File: path, Prefix: "Key "}}})
	err := creds.Apply(t.Context(), attempt())
	if !errors.Is(err, credential.ErrUnavailable) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without the file: %v", err)
	}
	want := func(when, text string) {
		t.Helper()
		r := attempt()
		if err := creds.Apply(t.Context(), r); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if got := r.Header["X-Api-Key"]; len(got) != 1 || got[0] != text {
			t.Errorf("%s: got %q, want %q", when, got, text)
		}
	}
	c.pass(time.Hour)
	write(t, path, "one \r\n")
	want("at first", "Key one")
	write(t, path, "two")
	want("at once, when nobody looks", "Key one")
	c.pass(time.Second)
	want("a second later", "Key two")
	for name, text := range map[string]string{"empty": "", "huge": strings.Repeat("x", 100_000), "two lines": "a\nb"} {
		write(t, path, text)
		c.pass(time.Second)
		want("with a file that cannot be used, "+name, "Key two")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Second)
	want("without the file", "Key two")
	write(t, path, "three")
	c.pass(time.Second)
	want("when it is back", "Key three")
}

func TestUserNamesAndPasswords(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "password")
	write(t, path, "opensesame\n")
	for name, cfg := range map[string]credential.Basic{
		"given":     {Username: "Aladdin", Password: "open sesame"},
		"in a file": {Username: "Aladdin", PasswordFile: path},
	} {
		want := "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" // RFC 7617, section 2
		if cfg.PasswordFile != "" {
			want = "Basic QWxhZGRpbjpvcGVuc2VzYW1l"
		}
		if got := apply(t, open(t, newClock(), credential.Config{Basic: cfg}), attempt()); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestTheKeysOfAProfile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "credentials")
	write(t, path, "[default]\naws_access_key_id = A\naws_secret_access_key = s3cret\n\n# another\n[ audit ]\nAWS_Access_Key_ID=B\naws_secret_access_key=s3cret\naws_session_token=T\n[half]\naws_access_key_id=C\n")
	for profile, want := range map[string]string{"": "A", "default": "A", "audit": "B", "half": "", "none": ""} {
		creds := open(t, newClock(), credential.Config{AWS: credential.AWS{Region: "eu-central-1", Service: "lambda", CredentialsFile: path, Profile: profile}})
		r := attempt()
		err := creds.Apply(t.Context(), r)
		if want == "" {
			if !errors.Is(err, credential.ErrUnavailable) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%q: %v", profile, err)
			}
			continue
		}
		if got := r.Header.Get("Authorization"); err != nil || !strings.HasPrefix(got, "AWS4-HMAC-SHA256 Credential="+want+"/20260102/eu-central-1/lambda/aws4_request, ") {
			t.Errorf("%q: %s, %v", profile, got, err)
		}
		if got := r.Header.Get("X-Amz-Security-Token"); got != map[string]string{"B": "T"}[want] {
			t.Errorf("%q: the token of the session is %q", profile, got)
		}
	}
}

func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	cfg := credential.Config{
		Headers: []credential.Header{{Name: "x-key", Value: "s3cret"}}, Basic: credential.Basic{Password: "s3cret"},
		HMAC: credential.HMAC{Key: "s3cret", Encoding: "hex"}, AWS: credential.AWS{SecretAccessKey: "s3cret", SessionToken: "s3cret"},
		OAuth2: credential.OAuth2{ClientSecret: "s3cret", TokenURL: "http://example.com"}, TokenExchange: credential.TokenExchange{ClientSecret: "s3cret"},
	}
	err := cfg.Validate()
	if err == nil {
		t.Fatal("all of that together is allowed")
	}
	for _, text := range []string{fmt.Sprintf("%v", cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), fmt.Sprintf("%s", cfg.HMAC), err.Error()} {
		if strings.Contains(text, "s3cret") {
			t.Errorf("%s", text)
		}
	}
}

func TestWhatIsWrongWithCredentials(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]credential.Config{
		"headers[0].name: must be the name of a header":        {Headers: []credential.Header{{Name: "a b", Value: "x"}}},
		"headers[0].name: is set by the gateway":               {Headers: []credential.Header{{Name: "content-length", Value: "x"}}},
		"headers[0].value: either this or file is needed":      {Headers: []credential.Header{{Name: "a", Value: "x", File: "x"}}},
		"headers[0].value: must have no control":               {Headers: []credential.Header{{Name: "a", Value: "x\n"}}},
		"basic.username: must not have a colon":                {Basic: credential.Basic{Username: "a:b", Password: "x"}},
		"oauth2.token_url: must be https":                      {OAuth2: credential.OAuth2{TokenURL: "http://example.com/", ClientID: "a", ClientSecret: "b"}},
		"oauth2.token_url: must be the URL":                    {OAuth2: credential.OAuth2{TokenURL: "token", ClientID: "a", ClientSecret: "b"}},
		"oauth2.client_id: is needed":                          {OAuth2: credential.OAuth2{TokenURL: "https://example.com/"}},
		"token_exchange.client_id: is needed":                  {TokenExchange: credential.TokenExchange{TokenURL: "https://example.com/", ClientSecret: "b"}},
		"token_exchange.cache_size: must be >= 0":              {TokenExchange: credential.TokenExchange{TokenURL: "https://example.com/", CacheSize: -1}},
		"oauth2.auth: must be one of basic, post":              {OAuth2: credential.OAuth2{TokenURL: "https://example.com/", ClientID: "a", ClientSecret: "b", Auth: "x"}},
		"hmac.key: is not in the encoding":                     {HMAC: credential.HMAC{KeyID: "a", Key: "zz", Encoding: "hex"}},
		"aws_sigv4.region: is needed":                          {AWS: credential.AWS{Service: "s3", AccessKeyID: "a", SecretAccessKey: "b"}},
		"aws_sigv4.profile: belongs to credentials_file":       {AWS: credential.AWS{Region: "r", Service: "s3", AccessKeyID: "a", SecretAccessKey: "b", Profile: "p"}},
		"aws_sigv4.credentials_file: stands in the place of":   {AWS: credential.AWS{Region: "r", Service: "s3", AccessKeyID: "a", CredentialsFile: "p"}},
		"at most one of basic, oauth2, token_exchange and aws": {Basic: credential.Basic{Username: "a", Password: "b"}, AWS: credential.AWS{Region: "r", Service: "s", AccessKeyID: "a", SecretAccessKey: "b"}},
	} {
		err := cfg.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if _, made := credential.New(&cfg, credential.Options{}); made == nil {
			t.Errorf("%s: it is used nevertheless", want)
		}
	}
	none, err := credential.New(&credential.Config{}, credential.Options{})
	if none != nil || err != nil {
		t.Errorf("no credentials are %v, %v", none, err)
	}
	if err := none.Apply(t.Context(), attempt()); err != nil || none.Refused(attempt()) {
		t.Errorf("no credentials do something: %v", err)
	}
	none.Close()
}
