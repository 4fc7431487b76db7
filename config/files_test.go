package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/upstream"
)

func TestFilesOfServicesAreRelativeToTheConfiguration(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "sluice.yaml")
	text := `
schema: [api.graphql]
services:
  a:
    endpoints: ["https://127.0.0.1:1"]
    discovery: { file: { path: secrets/a } }
    tls: { roots_file: secrets/b, certificate_file: secrets/c, key_file: secrets/d }
    credentials:
      headers: [{ name: x-key, file: secrets/e }, { name: x-other, file: /run/secrets/f }]
      hmac: { key_id: k, key_file: secrets/g }
      basic: { username: u, password_file: secrets/h }
  b:
    endpoints: ["https://127.0.0.1:1"]
    credentials: { oauth2: { token_url: "https://127.0.0.1/", client_id: i, client_secret_file: secrets/i } }
  c:
    endpoints: ["https://127.0.0.1:1"]
    credentials: { token_exchange: { token_url: "https://127.0.0.1/", client_id: i, client_secret_file: secrets/j } }
  d:
    endpoints: ["https://127.0.0.1:1"]
    credentials: { aws_sigv4: { region: r, service: s, credentials_file: secrets/k } }
`
	for name, text := range map[string]string{path: text, filepath.Join(folder, "api.graphql"): "type Query { a: Int }"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, problems := config.Load(path, nil)
	if len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	var files []string
	for _, name := range []string{"a", "b", "c", "d"} {
		s := c.Services[name]
		files = append(files, texts(reflect.ValueOf(s))...)
	}
	if len(files) != 11 {
		t.Errorf("%d files are named: %v", len(files), files)
	}
	for _, file := range files {
		if !strings.HasPrefix(file, filepath.Join(folder, "secrets")) && file != "/run/secrets/f" {
			t.Errorf("%s is not in the folder of the configuration", file)
		}
	}
}

// Whoever adds a setting with the path of a file must see to it that it is joined to the folder, too.
func TestAllFilesOfServicesAreKnown(t *testing.T) {
	t.Parallel()
	var found []string
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer:
			walk(typ.Elem(), path+"[]")
		case reflect.Struct:
			for i := range typ.NumField() {
				f := typ.Field(i)
				if name := f.Tag.Get("yaml"); name != "" {
					if at := path + "." + name; f.Type.Kind() == reflect.String && (name == "file" || strings.HasSuffix(name, "_file") || strings.HasSuffix(at, ".file.path")) {
						found = append(found, at)
					}
					walk(f.Type, path+"."+name)
				}
			}
		}
	}
	walk(reflect.TypeFor[upstream.Config](), "")
	if len(found) != 10 { // those of the test above; headers has two of one
		t.Errorf("there are %d settings with files: %v", len(found), found)
	}
}

// texts returns all texts in a value that name a secret of the test.
func texts(v reflect.Value) (out []string) {
	switch v.Kind() {
	case reflect.String:
		if strings.Contains(v.String(), "secrets") {
			out = append(out, v.String())
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = append(out, texts(v.Index(i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out = append(out, texts(v.Field(i))...)
		}
	}
	return out
}
