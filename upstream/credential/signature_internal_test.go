package credential

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The examples that AWS publishes for Signature Version 4: the key, the time and the scope are the same in all of them.
func TestSignaturesAreThoseOfAWS(t *testing.T) {
	t.Parallel()
	now := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, method, target string
		header               http.Header
		body, session        string
		signed, want         string
	}{
		{"get-vanilla", "GET", "/", nil, "", "", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-relative", "GET", "/example/..", nil, "", "", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-slashes", "GET", "//example//", nil, "", "", "host;x-amz-date", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
		{"get-space", "GET", "/example space/", nil, "", "", "host;x-amz-date", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
		{"get-utf8", "GET", "/ሴ", nil, "", "", "host;x-amz-date", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
		{"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", nil, "", "", "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{"get-vanilla-query-unreserved", "GET", "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", nil, "", "", "host;x-amz-date", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
		{"post-vanilla", "POST", "/", nil, "", "", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"post-x-www-form-urlencoded", "POST", "/", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "Param1=value1", "", "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
		{"post-sts-header-before", "POST", "/", nil, "", "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==", "host;x-amz-date;x-amz-security-token", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &aws{region: "us-east-1", service: "service"}
			r := &Request{Method: tt.method, Scheme: "https", Host: "example.amazonaws.com", Target: tt.target, Header: http.Header{}, Body: []byte(tt.body)}
			for name, v := range tt.header {
				r.Header[name] = v
			}
			a.sign(r, awsKeys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", tt.session}, now)
			want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" + tt.signed + ", Signature=" + tt.want
			if got := r.Header.Get("Authorization"); got != want {
				t.Errorf("Authorization = %s\nwant %s", got, want)
			}
		})
	}
}

// RFC 9421, appendix B.2.5.
func TestTheSignatureOfTheRFC(t *testing.T) {
	t.Parallel()
	base, input := signatureBase([]component{
		{"date", "Tue, 20 Apr 2021 02:07:55 GMT"}, {"@authority", "example.com"}, {"content-type", "application/json"},
	}, `;created=1618884473;keyid="test-shared-secret"`)
	if want := `("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`; input != want {
		t.Errorf("the input is %s, want %s", input, want)
	}
	key, err := decodeKey([]byte("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="), encodingBase64)
	if err != nil {
		t.Fatal(err)
	}
	if got := base64Of(mac(key, base)); got != "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=" {
		t.Errorf("the signature is %s over\n%s", got, base)
	}
}

func TestARequestIsSigned(t *testing.T) {
	t.Parallel()
	now := time.Unix(1618884473, 0)
	o := &Options{Now: func() time.Time { return now }}
	s := newSigner(o, &HMAC{KeyID: `a"b`, Key: "secret", Headers: []string{"x-user", "x-none"}, Expires: time.Minute})
	r := &Request{Method: "POST", Scheme: "https", Host: "Users.Internal:443", Target: "/users?id=1", Body: []byte(`{"hello": "world"}`), Header: http.Header{"X-User": {" ida ", "bo"}}}
	if err := s.apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	// The digest is that of RFC 9530, appendix B.1, but for the line feed.
	if got, want := r.Header.Get("Content-Digest"), "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"; got != want {
		t.Errorf("Content-Digest = %s, want %s", got, want)
	}
	params := `("@method" "@authority" "@path" "@query" "content-digest" "x-user");created=1618884473;expires=1618884533;keyid="a\"b";alg="hmac-sha256"`
	if got := r.Header.Get("Signature-Input"); got != "sluice="+params {
		t.Errorf("Signature-Input = %s, want %s", got, params)
	}
	base := strings.Join([]string{
		`"@method": POST`, `"@authority": users.internal`, `"@path": /users`, `"@query": ?id=1`,
		`"content-digest": sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:`, `"x-user": ida, bo`, `"@signature-params": ` + params,
	}, "\n")
	if got, want := r.Header.Get("Signature"), "sluice=:"+base64Of(mac([]byte("secret"), base))+":"; got != want {
		t.Errorf("Signature = %s, want %s", got, want)
	}
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
