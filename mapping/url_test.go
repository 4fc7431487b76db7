package mapping_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/mapping"
)

func TestTemplate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, template, want string }{
		{"constant text", "application/json; charset=utf-8", "application/json; charset=utf-8"},
		{"a hole between text", "Bearer {$config.token}!", "Bearer s3cr/t=!"},
		{"holes side by side", "{$args.i}{$args.f}{$args.b}", "12.0true"},
		{"null and nothing write nothing", "[{$args.n}{$args.gone}]", "[]"},
		{"no encoding", "{$args.s}", `a b/"ž"`},
		{"tabs and line ends vanish, spaces do not", "a\n\t b\r\n\fc", "a bc"},
		{"braces and quotes in strings", `{$args.i->match([1, "}{'"], [@, '{"'])}`, "}{'"},
		{"nested braces", "{$({ a: { b: $args.i } }).a.b}", "1"},
		{"a quote in a comment", "{$args.i # it's\n}.", "1."},
		{"closing braces in constant text", "a}b", "a}b"},
		{"floats in their shortest form", "{$args.long} {$args.e} {$args.tiny}", "2.5 1e+21 1e-7"},
		{"big integers as they are", "{$args.big}", "123456789012345678901234567890"},
		{"an empty template", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := envOf(t, nil)
			env.Config = scan(t, `{"token":"s3cr/t="}`)
			env.Args = scan(t, `{"i":1,"f":2.0,"b":true,"n":null,"s":"a b/\"ž\"","long":2.500,"e":1E21,"tiny":0.0000001,"big":123456789012345678901234567890}`)
			tpl, err := mapping.ParseTemplate(c.template, mapping.V03)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tpl.Append([]byte(">"), env)
			if err != nil || string(got) != ">"+c.want {
				t.Errorf("Append() = %q, %v, want %q", got, err, c.want)
			}
			if tpl.String() != c.template {
				t.Errorf("String() = %q", tpl)
			}
		})
	}
}

func TestTemplateRefusesStructures(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"x{$args}", "x{$([])}", "x{$({})}"} {
		tpl, err := mapping.ParseTemplate(src, mapping.V03)
		if err != nil {
			t.Fatal(err)
		}
		env := envOf(t, nil)
		env.Args = scan(t, `{}`)
		if got, err := tpl.Append([]byte("before"), env); !errors.Is(err, mapping.ErrNotScalar) || string(got) != "before" {
			t.Errorf("Append(%q) = %q, %v", src, got, err)
		}
	}
}

func TestTemplateErrorsHaveThePlaceInTheTemplate(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"a{":                 "the brace that opens here is not closed (at byte 1)",
		"a{'}":               "the brace that opens here is not closed (at byte 1)",
		"ab{}":               "there is no expression between the braces (at byte 2)",
		"ab{ # x }":          "there is no expression between the braces (at byte 2)",
		"ab{$args.x == 1}":   "there is no == operator: write a->eq(b) (at byte 11)",
		"{$args.x}{$args.y+": "the brace that opens here is not closed (at byte 9)",
	} {
		_, err := mapping.ParseTemplate(src, mapping.V03)
		var e *mapping.SyntaxError
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("ParseTemplate(%q) = %v, want %s", src, err, want)
		}
		if _, err := mapping.ParseURL(src, mapping.V03); err == nil || err.Error() != want {
			t.Errorf("ParseURL(%q) = %v, want %s", src, err, want)
		}
	}
}

func TestTemplateReferencesHaveThePlaceInTheTemplate(t *testing.T) {
	t.Parallel()
	const src = "http://{$config.host}/a/{$args.x.y}?b={id->echo($this.z)}"
	u := mustURL(t, src)
	if diff := cmp.Diff([]string{"$config.host@8", "$args.x.y@25", "$this.z@48"}, written(u.References())); diff != "" {
		t.Errorf("References() (-want +got):\n%s", diff)
	}
	if at, reads := u.Holes()[2].ReadsInput(); !reads || at != strings.Index(src, "id->") {
		t.Errorf("ReadsInput() = %d, %v", at, reads)
	}
	tpl, err := mapping.ParseTemplate(src, mapping.V03)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written(u.References()), written(tpl.References())); diff != "" {
		t.Error(diff)
	}
	if len(tpl.Holes()) != 3 {
		t.Errorf("Holes() = %v", tpl.Holes())
	}
}

func TestURLParts(t *testing.T) {
	t.Parallel()
	type parts struct {
		Scheme, Host                   string
		Absolute, HostHoles, HoleFirst bool
	}
	for src, want := range map[string]parts{
		"https://api.example.com:8443/v1": {"https", "api.example.com:8443", true, false, false},
		"HTTP://h":                        {"http", "h", true, false, false},
		"http://[::1]:80?x":               {"http", "[::1]:80", true, false, false},
		"http://{$config.h}:80/x":         {"http", "", true, true, false},
		"ftp://h/x":                       {"ftp", "h", true, false, false},
		"/users/{$args.id}":               {},
		"users?next=http://x":             {},
		"/a://b":                          {},
		"{$env.URL}/v1":                   {HoleFirst: true},
		"":                                {},
	} {
		u := mustURL(t, src)
		got := parts{u.Scheme(), u.Host(), u.Absolute(), u.HostHoles(), u.StartsWithHole()}
		if got != want {
			t.Errorf("ParseURL(%q) = %+v, want %+v", src, got, want)
		}
	}
	for src, want := range map[string]string{
		"http://user:pass@h/":  "the URL cannot hold a user name: send it in a header (at byte 7)",
		"http:///x":            "the URL has no host (at byte 7)",
		"http://:80/x":         "the URL has no host (at byte 7)",
		"://h":                 "the scheme of the URL is not a scheme (at byte 0)",
		"1http://h":            "the scheme of the URL is not a scheme (at byte 0)",
		"http://a b/":          "the host of the URL has a character that cannot stand there (at byte 7)",
		"{$config.s}://h/x":    "the scheme of a URL must be constant (at byte 11)",
		"http{$config.s}://h/": "the scheme of a URL must be constant (at byte 15)",
	} {
		if _, err := mapping.ParseURL(src, mapping.V03); err == nil || err.Error() != want {
			t.Errorf("ParseURL(%q) = %v, want %s", src, err, want)
		}
	}
}

// part is one of the texts a target is made of; "" is none.
type target struct{ sourceURL, sourcePath, sourceQuery, connectURL, connectPath, connectQuery string }

func (p target) parse(t *testing.T) *mapping.Target {
	t.Helper()
	out := &mapping.Target{ConnectURL: mustURL(t, p.connectURL)}
	if p.sourceURL != "" {
		out.SourceURL = mustURL(t, p.sourceURL)
	}
	for _, m := range []struct {
		src string
		to  **mapping.Mapping
	}{
		{p.sourcePath, &out.SourcePath}, {p.sourceQuery, &out.SourceQuery},
		{p.connectPath, &out.ConnectPath}, {p.connectQuery, &out.ConnectQuery},
	} {
		if m.src != "" {
			*m.to = mustParse(t, m.src, mapping.V03)
		}
	}
	return out
}

func buildEnv(t *testing.T) *mapping.Env {
	t.Helper()
	env := envOf(t, nil)
	env.Args = scan(t, `{"id":"7/8","n":null,"list":[1,null,"b c"],"o":{},"f":2.0,"e":""}`)
	env.Config = scan(t, `{"host":"h2:81","base":"https://h3/base path/","bad":"http://h/?x","evil":"h/x","url":"//h"}`)
	return env
}

func TestBuild(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		target
		origin, path string
		null         bool
	}{
		{"no source", target{connectURL: "https://h/a?b=1"}, "https://h", "/a?b=1", false},
		{"no path", target{connectURL: "http://h"}, "http://h", "/", false},
		{"no path but a query", target{connectURL: "http://h?a=1"}, "http://h", "/?a=1", false},
		{"a source and a path", target{sourceURL: "http://h/v1", connectURL: "/users"}, "http://h", "/v1/users", false},
		{"one slash at the seam", target{sourceURL: "http://h/v1/", connectURL: "/users/"}, "http://h", "/v1/users/", false},
		{"no leading slash", target{sourceURL: "http://h/v1", connectURL: "users"}, "http://h", "/v1/users", false},
		{"an empty connect path", target{sourceURL: "http://h/v1/", connectURL: "?a=1"}, "http://h", "/v1/?a=1", false},
		{"a connect path that is a slash", target{sourceURL: "http://h/v1", connectURL: "/"}, "http://h", "/v1", false},
		{"path mappings", target{sourceURL: "http://h/v1", sourcePath: "$(['s', 1])", connectURL: "/u", connectPath: "$($args.list)"}, "http://h", "/v1/s/1/u/1/b%20c", false},
		{"path mappings alone", target{sourceURL: "http://h", connectURL: "", connectPath: "$([$args.id, true, $args.f])"}, "http://h", "/7%2F8/true/2.0", false},
		{"null at the end of a path mapping", target{sourceURL: "http://h", connectURL: "/a", connectPath: "$([null])"}, "http://h", "/a/", false},
		{"a path mapping without value", target{sourceURL: "http://h", connectURL: "/a", connectPath: "$args.gone"}, "http://h", "/a", false},
		{"data in a path", target{sourceURL: "http://h", connectURL: "/a/{$args.id}/b"}, "http://h", "/a/7%2F8/b", false},
		{"null in a path", target{sourceURL: "http://h", connectURL: "/a/{$args.n}/b"}, "http://h", "/a//b", true},
		{"nothing in a path", target{sourceURL: "http://h/{$args.gone}", connectURL: "/b"}, "http://h", "/b", true},
		{"empty text in a path is not null", target{sourceURL: "http://h", connectURL: "/a/{$args.e}"}, "http://h", "/a/", false},
		{"null in a query", target{sourceURL: "http://h", connectURL: "/a?b={$args.n}"}, "http://h", "/a?b=", false},
		{"four queries", target{"http://h?a=1&", "", "b: $(2)", "/x?&c=3&c=4&", "", "d: $args.list e: $args.n"}, "http://h", "/x?a=1&b=2&c=3&c=4&d=1&d=&d=b%20c", false},
		{"keys and values of a query are data", target{sourceURL: "http://h", connectURL: "/x", connectQuery: "'a b[]&': $('ü=&+')"}, "http://h", "/x?a%20b%5B%5D%26=%C3%BC%3D%26%2B", false},
		{"an empty query", target{sourceURL: "http://h", connectURL: "/x?", connectQuery: "a: $args.n"}, "http://h", "/x", false},
		{"empty list in a query", target{sourceURL: "http://h", connectURL: "/x", connectQuery: "a: $([])"}, "http://h", "/x", false},
		{"a fragment is dropped", target{sourceURL: "http://h", connectURL: "/x?a=1#b={$args.id}"}, "http://h", "/x?a=1", false},
		{"constant text is encoded", target{sourceURL: "http://h", connectURL: `/a b/"<é>"/%2F/{$args.f}}?q=a|b&c=[1]`}, "http://h", "/a%20b/%22%3C%C3%A9%3E%22/%2F/2.0%7D?q=a%7Cb&c=[1]", false},
		{"dots in constant text and in longer segments", target{sourceURL: "http://h/a/../b", connectURL: "/{$('..x')}/{$('../y')}"}, "http://h", "/a/../b/..x/..%2Fy", false},
		{"a question mark in data", target{sourceURL: "http://h", connectURL: "/{$('?a#')}"}, "http://h", "/%3Fa%23", false},
		{"a hole as host", target{sourceURL: "http://{$config.host}/v1", connectURL: "/x"}, "http://h2:81", "/v1/x", false},
		{"a part of a host", target{sourceURL: "http://api-{$('eu')}.example.com", connectURL: "/x"}, "http://api-eu.example.com", "/x", false},
		{"a hole as base", target{sourceURL: "{$config.base}/v1", connectURL: "/x"}, "https://h3", "/base%20path/v1/x", false},
		{"a relative URL that starts with a hole", target{sourceURL: "http://h/v1", connectURL: "{$args.id}/x"}, "http://h", "/v1/7%2F8/x", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.parse(t).Build([]byte("overwritten"), buildEnv(t))
			if err != nil {
				t.Fatal(err)
			}
			if got.Origin != c.origin || string(got.Path) != c.path || got.NullInPath != c.null {
				t.Errorf("Build() = %s%s, null %v, want %s%s, null %v", got.Origin, got.Path, got.NullInPath, c.origin, c.path, c.null)
			}
		})
	}
}

func TestBuildFails(t *testing.T) {
	t.Parallel()
	const (
		scalar = "expression is not allowed to evaluate to arrays or objects"
		dots   = `an expression makes "." or ".." a segment of the path, which servers take for steps and not for data`
	)
	for _, c := range []struct {
		name string
		target
		want string
	}{
		{"an object in a path", target{sourceURL: "http://h", connectURL: "/{$args.o}"}, "URL: " + scalar},
		{"a list in a query", target{sourceURL: "http://h?a={$args.list}", connectURL: "/"}, "source URL: " + scalar},
		{"a path that is no list", target{sourceURL: "http://h", connectURL: "/", connectPath: "$args.id"}, "path: expected a list of path segments"},
		{"a path that is null", target{sourceURL: "http://h", sourcePath: "$args.n", connectURL: "/"}, "source path: expected a list of path segments"},
		{"an object as a segment", target{sourceURL: "http://h", connectURL: "/", connectPath: "$([$args.o])"}, "path: " + scalar},
		{"dots as a segment", target{sourceURL: "http://h", connectURL: "/users/{$('..')}/x"}, "URL: " + dots},
		{"dots made of text and data", target{sourceURL: "http://h/.{$('.')}", connectURL: "/x"}, "source URL: " + dots},
		{"dots in a path mapping", target{sourceURL: "http://h", connectURL: "/", connectPath: "$(['.', 'x'])"}, "path: " + dots},
		{"parameters that are no object", target{sourceURL: "http://h", connectURL: "/", connectQuery: "$args.id"}, "queryParams: expected an object of query parameters"},
		{"a nested parameter", target{sourceURL: "http://h", connectURL: "/", connectQuery: "a: $args.o"}, "queryParams: " + scalar},
		{"a list in a list", target{sourceURL: "http://h", sourceQuery: "a: $([[1]])", connectURL: "/"}, "source queryParams: " + scalar},
		{"no origin", target{connectURL: "/x"}, "URL: the URL has no scheme and host"},
		{"a base that is no base", target{sourceURL: "{$config.bad}", connectURL: "/"}, "source URL: the expression at the start of the URL does not give a URL with scheme and host"},
		{"a base that is not there", target{sourceURL: "{$config.gone}", connectURL: "/"}, "source URL: the expression at the start of the URL does not give a URL with scheme and host"},
		{"a base without scheme", target{sourceURL: "{$config.url}", connectURL: "/"}, "source URL: the expression at the start of the URL does not give a URL with scheme and host"},
		{"a host that is more than a host", target{sourceURL: "http://{$config.evil}", connectURL: "/"}, "source URL: the expression in the host of the URL does not give a host"},
		{"a host that is not there", target{sourceURL: "http://{$args.n}", connectURL: "/"}, "source URL: the expression in the host of the URL does not give a host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.parse(t).Build(nil, buildEnv(t))
			if err == nil || err.Error() != c.want {
				t.Errorf("Build() = %s, %v, want %s", got.Path, err, c.want)
			}
		})
	}
}

func TestAppendForm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{}`:                                     "",
		`{"a":[],"b":{},"c":[[]]}`:               "",
		`{"a":"x y","b":"ž~*-._"}`:               "a=x+y&b=%C5%BE%7E*-._",
		`{"a":{"b c":{"d":[{"e":1},{"e":2}]}}}`:  "a%5Bb+c%5D%5Bd%5D%5B0%5D%5Be%5D=1&a%5Bb+c%5D%5Bd%5D%5B1%5D%5Be%5D=2",
		`{"n":null,"t":true,"f":2.0,"l":[null]}`: "n=&t=true&f=2.0&l%5B0%5D=",
		`{"a\nb":"\r\n"}`:                        "a%0Ab=%0D%0A",
	} {
		if got, err := mapping.AppendForm([]byte(">"), scan(t, in)); err != nil || string(got) != ">"+want {
			t.Errorf("AppendForm(%s) = %s, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{`[]`, `"a=1"`, `null`} {
		if _, err := mapping.AppendForm(nil, scan(t, in)); !errors.Is(err, mapping.ErrFormNotObject) {
			t.Errorf("AppendForm(%s): %v", in, err)
		}
	}
}
