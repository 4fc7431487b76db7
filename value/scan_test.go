package value_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/value"
)

func TestScanKeepsWhatIsWanted(t *testing.T) {
	a := value.NewArena()
	defer a.Release()
	body := []byte(`{"a":[{"x":1,"y":"é\n"},{"x":2.50}],"b":{"c":null},"a2":true}`)
	v, err := value.Scan(body, &value.Filter{Keys: []value.FilterKey{
		{Key: "a", Want: &value.Filter{Keys: []value.FilterKey{{Key: "x"}, {Key: "y"}}}}, {Key: "b"}}}, a)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(v.AppendJSON(nil)), `{"a":[{"x":1,"y":"é\n"},{"x":2.50}],"b":{"c":null}}`; got != want {
		t.Errorf("Scan() = %s, want %s", got, want)
	}
	if got := v.Get("a").Items()[0].Get("y").Text(); got != "é\n" {
		t.Errorf("Text() = %q", got)
	}
}
