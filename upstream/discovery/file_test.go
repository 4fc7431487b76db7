package discovery_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/discovery"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func fileConfig(path string) discovery.Config {
	cfg := discovery.DefaultConfig()
	cfg.File.Path = path
	return cfg
}

func TestListsInFilesAreRead(t *testing.T) {
	t.Parallel()
	want := []discovery.Address{
		{URL: "http://a:1", Weight: 1},
		{URL: "http://b:2/v1", Host: "b.internal", Weight: 3, Zone: "z", Priority: 2},
	}
	for _, test := range []struct{ name, file, text string }{
		{"a list in YAML", "list.yaml", "- http://a:1\n- { url: http://b:2/v1/, host: b.internal, weight: 3, zone: z, priority: 2 }\n"},
		{"a member in YAML", "list.yml", "# made by hand\nendpoints:\n  - http://a:1\n  - url: http://b:2/v1\n    host: b.internal\n    weight: 3\n    zone: z\n    priority: 2\n"},
		{"a list in JSON", "list.json", `["http://a:1", {"url": "http://b:2/v1", "host": "b.internal", "weight": 3, "zone": "z", "priority": 2, "more": 1}]`},
		{"a member in JSON", "list.json", `{"endpoints": [{"url": "http://a:1"}, {"url": "http://b:2/v1", "host": "b.internal", "weight": 3, "zone": "z", "priority": 2}]}`},
		{"JSON in a file of YAML", "list", `{"endpoints": ["http://a:1", {"url": "http://b:2/v1", "host": "b.internal", "weight": 3, "zone": "z", "priority": 2}]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), test.file)
				write(t, path, test.text)
				r := start(t, fileConfig(path), discovery.Options{})
				if diff := cmp.Diff(want, <-r.updates); diff != "" {
					t.Errorf("addresses mismatch (-want +got):\n%s", diff)
				}
				r.stop()
			})
		})
	}
}

func TestBadFilesAreProblemsAndChangeNothing(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
		file             string // instead of list.yaml
	}{
		{name: "nothing", text: "", want: "neither a list nor an object"},
		{name: "an empty list", text: "[]", want: "not believed"},
		{name: "no URL", text: "- a:1\n", want: `address 1: "a:1": scheme must be http, https or unix`},
		{name: "one bad address among good ones", text: "- http://a\n- ftp://b\n", want: `address 2: "ftp://b"`},
		{name: "a weight of nothing", text: "- { url: http://a, weight: 0 }", want: "weight: must be between 1 and"},
		{name: "a negative priority", text: "- { url: http://a, priority: -1 }", want: "priority: must be"},
		{name: "a host with a space", text: "- { url: http://a, host: 'x y' }", want: "host: must be"},
		{name: "no YAML", text: "- {", want: "the list is not as it should be"},
		{name: "a list of lists", text: "- [a, b]", want: "the list is not as it should be"},
		{name: "no JSON", text: "[", file: "list.json", want: "the list is not as it should be"},
		{name: "text in JSON", text: `"a"`, file: "list.json", want: "neither a list nor an object"},
		{name: "an object with something else", text: `{"hosts": []}`, file: "list.json", want: "neither a list nor an object"},
		{name: "brackets without end", text: strings.Repeat("[", 100_000), want: "nests too deeply"},
		{name: "lists in lists in lines", text: strings.Repeat("- ", 100_000), want: "nests too deeply"},
		{name: "too much", text: "# " + strings.Repeat("x", 3<<20), want: "more than 2097152 bytes"},
		{name: "too many", text: many(10_001), want: "there are 10001 addresses"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if test.file == "" {
					test.file = "list.yaml"
				}
				path := filepath.Join(t.TempDir(), test.file)
				write(t, path, `["http://good:1"]`)
				r := start(t, fileConfig(path), discovery.Options{})
				r.want(t, "http://good:1")
				write(t, path, test.text)
				if p := <-r.problems; p.source != "file "+path || !strings.Contains(p.text, test.want) {
					t.Errorf("the problem is %+v, want one with %q", p, test.want)
				}
				<-time.After(10 * time.Second)
				r.quiet(t)
				if n := len(r.problems); n != 0 {
					t.Errorf("the problem was told %d times more: %+v", n, <-r.problems)
				}
				write(t, path, `["http://good:1"]`)
				if p := <-r.problems; p.text != "" {
					t.Errorf("the list is good again, but the problem is %+v", p)
				}
				r.quiet(t)
				r.stop()
			})
		})
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("- http://10.0." + string(rune('0'+i%10)) + ".1:80\n")
	}
	return b.String()
}

func TestAFileMayComeLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "list.yaml")
		r := start(t, fileConfig(path), discovery.Options{Static: []discovery.Address{{URL: "http://s", Weight: 1}}})
		r.want(t, "http://s")
		if p := <-r.problems; !strings.Contains(p.text, "no such file") {
			t.Errorf("the problem is %+v", p)
		}
		write(t, path, "- http://a")
		r.want(t, "http://a", "http://s")
		r.stop()
	})
}

func TestAFileIsSeenHoweverItIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "list.yaml")
		write(t, path, "- http://a")
		r := start(t, fileConfig(path), discovery.Options{})
		r.want(t, "http://a")
		write(t, path, "- http://b") // as long as before, perhaps in the same tick of the file system's clock
		r.want(t, "http://b")
		write(t, path+".new", "- http://c")
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		r.want(t, "http://c")
		// A volume of Kubernetes: list.yaml -> ..data/list.yaml, ..data -> a folder for each version.
		for _, version := range []string{"1", "2"} {
			if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, version, "list.yaml"), "- http://v"+version)
		}
		swap := func(to, link string) {
			t.Helper()
			if err := os.Symlink(to, filepath.Join(dir, "tmp")); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(dir, "tmp"), link); err != nil {
				t.Fatal(err)
			}
		}
		swap("1", filepath.Join(dir, "..data"))
		swap("..data/list.yaml", path)
		r.want(t, "http://v1")
		swap("2", filepath.Join(dir, "..data"))
		r.want(t, "http://v2")
		r.stop()
	})
}

func TestAFileThatIsBeingWrittenIsNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "list.yaml")
		write(t, path, "- http://a\n- http://b\n")
		r := start(t, fileConfig(path), discovery.Options{})
		r.want(t, "http://a", "http://b")
		// A slow writer: each of its states but the last is a good list with too few in it.
		text := ""
		for _, line := range []string{"- http://a\n", "- http://b\n", "- http://c\n", "- http://d\n"} {
			for range 30 {
				text += "# a line that takes its time\n"
				write(t, path, text)
				<-time.After(30 * time.Millisecond)
			}
			text += line
			write(t, path, text)
		}
		r.want(t, "http://a", "http://b", "http://c", "http://d")
		r.stop()
	})
}

func TestAPipeIsNoFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	r := start(t, fileConfig(path), discovery.Options{})
	if p := <-r.problems; !strings.Contains(p.text, "not a regular file") {
		t.Errorf("the problem is %+v", p)
	}
	r.stop() // returns, although nobody writes to the pipe
}
