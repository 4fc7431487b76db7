package watch_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/app/watch"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func onlySchema(name string) bool { return strings.HasSuffix(name, ".graphql") }

func TestAStateSeesEveryWayOfChangingAFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string)
		want   []string
	}{
		"nothing":                                 {func(*testing.T, string) {}, nil},
		"a file is written":                       {func(t *testing.T, dir string) { write(t, dir+"/a.yaml", "other") }, []string{"a.yaml"}},
		"a file is written with as many bytes":    {func(t *testing.T, dir string) { write(t, dir+"/a.yaml", "two") }, []string{"a.yaml"}},
		"a file is written with the same content": {func(t *testing.T, dir string) { write(t, dir+"/a.yaml", "one") }, nil},
		"another is renamed over it": {func(t *testing.T, dir string) {
			write(t, dir+"/a.yaml.tmp", "two")
			check(t, os.Rename(dir+"/a.yaml.tmp", dir+"/a.yaml"))
		}, []string{"a.yaml"}},
		"as many bytes of the same age are renamed over it": {func(t *testing.T, dir string) {
			info, err := os.Stat(dir + "/a.yaml")
			check(t, err)
			write(t, dir+"/a.yaml.tmp", "two")
			check(t, os.Chtimes(dir+"/a.yaml.tmp", info.ModTime(), info.ModTime()))
			check(t, os.Rename(dir+"/a.yaml.tmp", dir+"/a.yaml"))
		}, []string{"a.yaml"}},
		"a file goes":                    {func(t *testing.T, dir string) { check(t, os.Remove(dir+"/a.yaml")) }, []string{"a.yaml"}},
		"a file that was missing comes":  {func(t *testing.T, dir string) { write(t, dir+"/late.yaml", "") }, []string{"late.yaml"}},
		"a file in a folder changes":     {func(t *testing.T, dir string) { write(t, dir+"/schema/a.graphql", "type") }, []string{"schema/a.graphql"}},
		"a file comes into a folder":     {func(t *testing.T, dir string) { write(t, dir+"/schema/b.graphql", "") }, []string{"schema/b.graphql"}},
		"an editor's file comes into it": {func(t *testing.T, dir string) { write(t, dir+"/schema/.a.graphql.swp", "") }, nil},
		"a folder goes":                  {func(t *testing.T, dir string) { check(t, os.RemoveAll(dir+"/schema")) }, []string{"schema", "schema/a.graphql"}},
		"the link to the folder is swapped": {func(t *testing.T, dir string) {
			check(t, os.Mkdir(dir+"/..2", 0o700))
			write(t, dir+"/..2/linked.yaml", "two")
			check(t, os.Symlink("..2", dir+"/..new"))
			check(t, os.Rename(dir+"/..new", dir+"/..data"))
		}, []string{"linked.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir+"/a.yaml", "one")
			check(t, os.Mkdir(dir+"/schema", 0o700))
			write(t, dir+"/schema/a.graphql", "")
			check(t, os.Mkdir(dir+"/..1", 0o700)) // as Kubernetes mounts a ConfigMap
			write(t, dir+"/..1/linked.yaml", "one")
			check(t, os.Symlink("..1", dir+"/..data"))
			check(t, os.Symlink("..data/linked.yaml", dir+"/linked.yaml"))
			paths := []string{dir + "/a.yaml", dir + "/schema", dir + "/linked.yaml", dir + "/late.yaml"}
			o := watch.Options{Include: onlySchema}
			before := watch.Look(paths, watch.State{}, o)
			c.change(t, dir)
			after := watch.Look(paths, before, o)
			var got []string
			for _, path := range after.Changed(before) {
				rel, err := filepath.Rel(dir, path)
				check(t, err)
				got = append(got, filepath.ToSlash(rel))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("what changed (-want +got):\n%s", diff)
			}
			if after.Same(before) != (c.want == nil) || (after.Hash() == before.Hash()) != (c.want == nil) {
				t.Errorf("Same() = %v, hashes %s and %s", after.Same(before), before.Hash(), after.Hash())
			}
		})
	}
}

func TestAFileThatHasSettledIsNotReadAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a")
	write(t, path, "one")
	old := time.Now().Add(-time.Hour)
	check(t, os.Chtimes(path, old, old))
	before := watch.Look([]string{path}, watch.State{}, watch.Options{})
	write(t, path, "two")
	check(t, os.Chtimes(path, old, old)) // nobody does that; it shows that the file was not read
	if after := watch.Look([]string{path}, before, watch.Options{}); !after.Same(before) {
		t.Error("the file was read again")
	}
}

func TestWhatMayHaveBeenReadOtherwiseIsNotTakenForRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	known, young := dir+"/known", dir+"/young"
	write(t, known, "one")
	before := watch.Look([]string{known}, watch.State{}, watch.Options{})
	began := time.Now()
	write(t, young, "")
	now := watch.Look([]string{known, young}, before, watch.Options{})
	if now.Read(before, began).Same(now) {
		t.Error("a file that was written while it was read is taken for read")
	}
	if !now.Read(before, began.Add(time.Hour)).Same(now) {
		t.Error("a file that was there before is not taken for read")
	}
	write(t, known, "two")
	now = watch.Look([]string{known}, before, watch.Options{})
	if !now.Read(before, began).Same(before) {
		t.Error("what a known file holds now is taken for read")
	}
}

func TestChangesAreToldOnceAndWhenTheyHaveComeToRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a")
		write(t, path, "0")
		look := func(before watch.State) watch.State { return watch.Look([]string{path}, before, watch.Options{}) }
		done := look(watch.State{})
		var told atomic.Int32
		var accept atomic.Bool
		accept.Store(true)
		w := &watch.Watcher{Look: look, Done: func() watch.State { return done }, Changed: func(now watch.State) {
			told.Add(1)
			if accept.Load() {
				done = now
			}
		}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			w.Run(ctx, func() time.Duration { return time.Second })
		}()
		pass := func(d time.Duration, want int32) {
			t.Helper()
			timer := time.NewTimer(d)
			<-timer.C
			synctest.Wait()
			if told := told.Load(); told != want {
				t.Errorf("changes were told %d times, want %d", told, want)
			}
		}
		pass(10*time.Second, 0)
		for _, text := range []string{"1", "12", "123"} { // it is being written
			write(t, path, text)
			pass(time.Second, 0)
		}
		pass(2*time.Second, 1)
		pass(10*time.Second, 1)
		accept.Store(false) // it is wrong, which is told once
		write(t, path, "wrong")
		pass(10*time.Second, 2)
		write(t, path, "123") // back to what there was: nothing to do
		pass(10*time.Second, 2)
		accept.Store(true)
		write(t, path, "right")
		pass(10*time.Second, 3)
		cancel()
		<-ended
	})
}
