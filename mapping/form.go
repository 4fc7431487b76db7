package mapping

import "github.com/sluice-gateway/sluice/value"

// AppendForm appends v as application/x-www-form-urlencoded, nested values in bracket style. v must be an object.
func AppendForm(dst []byte, v value.Value) ([]byte, error) { return dst, nil }
