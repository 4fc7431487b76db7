// Package watch sees when files change, by what is in them: a program that wants to know looks at them from time to time and
// compares.
//
// Nothing of the operating system tells it. Such notices follow a file's inode, and so lose a file that is replaced by
// renaming another over it, as editors do, or by swapping a link to its folder, as Kubernetes does; they are silent on
// network file systems; and each system has its own. To look at a hundred files takes less than a millisecond, for a file is
// read again only if its size, time or identity differ.
package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// settled is how old a file's time must be for it to vouch for the content. Clocks of file systems are coarse, so that a
// file which was just written may be written again without a change of its time.
const settled = 2 * time.Second

// coarse is how far the time of a file may be behind the clock.
const coarse = 100 * time.Millisecond

// maxFile bounds how much of a file counts, in bytes: more is never read of one.
const maxFile = 64 << 20

// maxFiles bounds how many files of one folder count.
const maxFiles = 10_000

// State is what some files held at one moment. It is immutable.
type State struct{ files map[string]file }

// file is one file, as far as it tells whether it has changed.
type file struct {
	info fs.FileInfo // nil if there is none
	seen time.Time   // when it was read
	sum  string      // of the content, or why it could not be read
}

// Options say what to look at in folders.
type Options struct {
	// Include chooses the files of a folder by their names; nil: all of them.
	Include func(name string) bool
}

// Look reads the files at some paths, and those in the folders at such. A file that has not changed since before is not read
// again; before may be the zero value.
func Look(paths []string, before State, o Options) State {
	s := State{files: map[string]file{}}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			s.files[path] = look(path, before.files[path])
			continue
		}
		s.files[path] = file{sum: "folder"}
		entries, err := os.ReadDir(path)
		if err != nil {
			s.files[path] = file{sum: err.Error()}
			continue
		}
		for _, e := range entries[:min(len(entries), maxFiles)] {
			if e.IsDir() || o.Include != nil && !o.Include(e.Name()) {
				continue
			}
			name := filepath.Join(path, e.Name())
			s.files[name] = look(name, before.files[name])
		}
	}
	return s
}

func look(path string, before file) file {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return file{sum: err.Error()}
	case !info.Mode().IsRegular():
		return file{sum: info.Mode().Type().String()} // a pipe or a device would block, or is empty for the second reader
	case before.info != nil && unchanged(before, info):
		return before
	}
	now := time.Now()
	sum, err := hash(path)
	if err != nil {
		return file{sum: err.Error()}
	}
	return file{info: info, seen: now, sum: sum}
}

func unchanged(before file, info fs.FileInfo) bool {
	return os.SameFile(before.info, info) && before.info.Size() == info.Size() && before.info.ModTime().Equal(info.ModTime()) &&
		before.seen.Sub(info.ModTime()) > settled
}

func hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(f, maxFile))
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(n, 10) + ":" + hex.EncodeToString(h.Sum(nil)), nil
}

// Same reports whether two states are of the same files with the same content.
func (s State) Same(other State) bool {
	return maps.EqualFunc(s.files, other.files, func(a, b file) bool { return a.sum == b.sum })
}

// Changed returns the paths of the files that differ between two states, sorted.
func (s State) Changed(before State) []string {
	var out []string
	for path, f := range s.files {
		if was, ok := before.files[path]; !ok || was.sum != f.sum {
			out = append(out, path)
		}
	}
	for path := range before.files {
		if _, ok := s.files[path]; !ok {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// Hash names the content of all files, hexadecimal.
func (s State) Hash() string {
	h := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(s.files)) {
		_, _ = io.WriteString(h, path+"\x00"+s.files[path].sum+"\x00")
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Read returns the state that somebody has read who began to read the files of now at a moment, after he had looked at those
// of before: what was in them then. A file that he did not know of before, and that has been changed since, is not part of
// it, as he may have read anything.
func (s State) Read(before State, began time.Time) State {
	out := State{files: maps.Clone(s.files)}
	for path, f := range s.files {
		if was, known := before.files[path]; known {
			out.files[path] = was
		} else if f.info != nil && f.info.ModTime().After(began.Add(-coarse)) {
			delete(out.files, path)
		}
	}
	return out
}
