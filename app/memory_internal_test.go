package app

import (
	"math"
	"testing"
	"testing/fstest"
)

// What is set for the whole process cannot be tested beside other tests; where the number comes from can.
func TestGroupLimit(t *testing.T) {
	t.Parallel()
	const own, service = "sys/fs/cgroup/memory.max", "sys/fs/cgroup/system.slice/sluice.service/memory.max"
	for about, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"a system without control groups":    {nil, math.MaxInt64},
		"a container":                        {map[string]string{"proc/self/cgroup": "0::/\n", own: "536870912\n"}, 512 << 20},
		"a container without a limit":        {map[string]string{"proc/self/cgroup": "0::/\n", own: "max\n"}, math.MaxInt64},
		"a service":                          {map[string]string{"proc/self/cgroup": "0::/system.slice/sluice.service\n", service: "1000\n"}, 1000},
		"a limit above the service's":        {map[string]string{"proc/self/cgroup": "0::/system.slice/sluice.service\n", service: "1000\n", "sys/fs/cgroup/system.slice/memory.max": "900\n"}, 900},
		"a service that only its slice caps": {map[string]string{"proc/self/cgroup": "0::/system.slice/sluice.service\n", "sys/fs/cgroup/system.slice/memory.max": "900\n"}, 900},
		"version 1 of control groups":        {map[string]string{"proc/self/cgroup": "4:memory:/docker/x\n", own: "1000\n"}, math.MaxInt64},
		"a group outside of what is seen":    {map[string]string{"proc/self/cgroup": "0::/../../x\n", own: "1000\n"}, 1000},
		"a limit that is no number":          {map[string]string{"proc/self/cgroup": "0::/\n", own: "-1\n"}, math.MaxInt64},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			for name, text := range c.files {
				files[name] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := groupLimit(files); got != c.want {
				t.Errorf("groupLimit() = %d, want %d", got, c.want)
			}
		})
	}
}
