package credential

import (
	"context"
	"encoding/base64"
	"net/textproto"
)

const authorization = "Authorization"

// static sends a header whose value is a secret.
type static struct {
	name   string
	values *secret[[]string]
}

func newStatic(o *Options, h *Header) *static {
	return &static{
		name: textproto.CanonicalMIMEHeaderKey(h.Name),
		values: newSecret(o, string(h.Value), h.File, func(text []byte) ([]string, error) {
			v, err := parseText(text)
			return []string{h.Prefix + v}, err
		}),
	}
}

// newBasic makes the header of RFC 7617.
func newBasic(o *Options, b *Basic) *static {
	return &static{
		name: authorization,
		values: newSecret(o, string(b.Password), b.PasswordFile, func(text []byte) ([]string, error) {
			v, err := parseText(text)
			return []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(b.Username+":"+v))}, err
		}),
	}
}

func (s *static) apply(_ context.Context, r *Request) error {
	v, err := s.values.get()
	if err != nil {
		return err
	}
	r.Header[s.name] = v
	return nil
}

func (s *static) refused(*Request) bool { return false }
func (s *static) close()                {}
