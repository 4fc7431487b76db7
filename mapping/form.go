package mapping

import (
	"errors"
	"strconv"

	"github.com/sluice-gateway/sluice/value"
)

// ErrFormNotObject is the error of a form body that is not an object.
var ErrFormNotObject = errors.New("expected URL-encoded forms to be objects")

// AppendForm appends v as application/x-www-form-urlencoded, nested values in bracket style: a[b]=1&c[0]=2. Null is
// written as nothing behind the equals sign; empty lists and objects vanish. The error is [ErrFormNotObject].
func AppendForm(dst []byte, v value.Value) ([]byte, error) {
	if v.Kind() != value.Object {
		return dst, ErrFormNotObject
	}
	f := form{out: dst, start: len(dst)}
	f.add(v)
	return f.out, nil
}

type form struct {
	out   []byte
	start int
	name  []byte // of the current value, encoded
}

func (f *form) add(v value.Value) {
	length := len(f.name)
	switch v.Kind() {
	case value.Object:
		for _, e := range v.Members() {
			if e.Value.IsMissing() {
				continue
			}
			if length == 0 {
				f.name = appendFormEncoded(f.name, e.Key)
			} else {
				f.name = append(f.name, "%5B"...)
				f.name = appendFormEncoded(f.name, e.Key)
				f.name = append(f.name, "%5D"...)
			}
			f.add(e.Value)
			f.name = f.name[:length]
		}
	case value.List:
		for i, e := range v.Items() {
			f.name = append(f.name, "%5B"...)
			f.name = strconv.AppendInt(f.name, int64(i), 10)
			f.name = append(f.name, "%5D"...)
			f.add(e)
			f.name = f.name[:length]
		}
	default:
		if len(f.out) > f.start {
			f.out = append(f.out, '&')
		}
		f.out = append(f.out, f.name...)
		f.out = append(f.out, '=')
		text, _ := textOf(v) // no list or object here
		f.out = appendFormEncoded(f.out, text)
	}
}
