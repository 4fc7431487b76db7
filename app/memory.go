package app

import (
	"io/fs"
	"math"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// collectAfter is by how many percent the heap grows before garbage is collected, where Go's default is 100. What a
// gateway keeps is small against what its requests use for a moment, so that collecting often costs much and saves little:
// in the benchmark of posts and users collecting takes 5 % of the processor with 100, and less than 2 % with 300.
const collectAfter = 300

// limitMemory sets how the garbage of this process is collected. The variables of the environment that Go itself reads
// for that, GOGC and GOMEMLIMIT, come first. Otherwise the heap may grow as [collectAfter] says, as long as the process
// stays within nine tenths of what its control group allows: near that it collects more often instead of being killed.
func limitMemory(environ func(string) (string, bool), files fs.FS) {
	if _, set := environ("GOGC"); !set {
		debug.SetGCPercent(collectAfter)
	}
	if _, set := environ("GOMEMLIMIT"); set {
		return
	}
	if limit := groupLimit(files); limit < math.MaxInt64 {
		debug.SetMemoryLimit(limit - limit/10)
	}
}

// groupLimit returns how much memory the control group of this process and those above it allow (version 2, on Linux);
// without a limit it is the largest number. files is the root of the file system.
func groupLimit(files fs.FS) int64 {
	limit := int64(math.MaxInt64)
	text, err := fs.ReadFile(files, "proc/self/cgroup")
	if err != nil {
		return limit // another system
	}
	for line := range strings.Lines(string(text)) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::/")
		if !ok {
			continue
		}
		for {
			if n, ok := groupMax(files, group); ok {
				limit = min(limit, n)
			}
			if group == "" {
				break
			}
			if group = path.Dir(group); group == "." {
				group = ""
			}
		}
	}
	return limit
}

// groupMax returns the limit of one control group, if it has one.
func groupMax(files fs.FS, group string) (int64, bool) {
	text, err := fs.ReadFile(files, path.Join("sys/fs/cgroup", group, "memory.max"))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil && n > 0 // "max" is none
}
