package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestHostileRequestsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
type Query { a(in: In): Thing @connect(source: "a", http: { GET: "/" }, selection: "id: $.id") }
input In { in: In list: [In!] }
type Thing { id: ID }`,
		func(http.ResponseWriter, *http.Request) { t.Error("the service was called") }, "")
	repeat := strings.Repeat
	for name, body := range map[string]string{
		"ten thousand aliases":             `{"query":"{` + aliases(10_000) + `}"}`,
		"a document of a megabyte":         `{"query":"{ a { id } ` + repeat(" ", 1_000_000) + `}"}`,
		"a body over the limit":            `{"query":"{ a { id } } ` + repeat("#", 2_000_000) + `"}`,
		"braces without end":               `{"query":"` + repeat("{a", 50_000) + `"}`,
		"lists without end":                `{"query":"{a(in:` + repeat("[", 60_000) + `)}"}`,
		"variables without end":            `{"query":"query($v: In) { a(in: $v) { id } }","variables":{"v":` + repeat(`{"in":`, 100_000) + `1` + repeat("}", 100_000) + `}}`,
		"fragments that double":            `{"query":"` + doubling(30) + `"}`,
		"directives by the thousand":       `{"query":"{ a ` + repeat("@skip(if: false) ", 5000) + `{ id } }"}`,
		"fields of one name by the number": `{"query":"{ a { ` + repeat("id ", 40_000) + `} }"}`,
		"a body that is not JSON":          `{"query":`,
		"a list of requests":               `[{"query":"{ __typename }"}]`,
		"a query that is a number":         `{"query":5}`,
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := w.client.Post(w.url, "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			answer, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			var got struct {
				Data   json.RawMessage
				Errors []struct{ Message string }
			}
			if err := json.Unmarshal(answer, &got); err != nil || got.Data != nil || len(got.Errors) == 0 || len(answer) > 20_000 {
				t.Errorf("%d %.500s", resp.StatusCode, answer)
			}
		})
	}
}

// aliases returns n fields under names of their own.
func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " f%d: a { id }", i)
	}
	return b.String()
}

// doubling returns fragments each of which spreads the next one twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("{ ...F0 }")
	for i := range n {
		fmt.Fprintf(&b, " fragment F%d on Query { ...F%d ...F%d }", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on Query { a { id } }", n)
	return b.String()
}
