package health_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/health"
)

func TestValidateNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*health.Config)
		want   []string
	}{
		{"the defaults are good", func(*health.Config) {}, nil},
		{"an unknown check", func(c *health.Config) { c.Active.Check = "ping" }, []string{"active.check"}},
		{"what cannot be sent", func(c *health.Config) {
			c.Active.Method, c.Active.Path, c.Active.Host = "G T", "/a b", "a\nb"
			c.Active.Headers = map[string]string{"x-a": "line\nfeed"}
		}, []string{"active.method", "active.path", "active.host", "active.headers.x-a"}},
		{"a header without a name", func(c *health.Config) { c.Active.Headers = map[string]string{"": ""} }, []string{"active.headers"}},
		{"no status", func(c *health.Config) { c.Active.Status = nil }, []string{"active.status"}},
		{"statuses that are none", func(c *health.Config) { c.Active.Status = []string{"200", "2xx", "300-200", "99", "500-600", "-"} },
			[]string{"active.status[1]", "active.status[2]", "active.status[3]", "active.status[4]", "active.status[5]"}},
		{"an expression that is none", func(c *health.Config) { c.Active.Body.Matches = "(" }, []string{"active.body.matches"}},
		{"nothing at all", func(c *health.Config) { *c = health.Config{PanicBelow: -1} }, []string{
			"panic_below", "active.check", "active.method", "active.path", "active.status", "active.body.max_bytes", "active.interval",
			"active.unhealthy_interval", "active.timeout", "active.healthy", "active.unhealthy",
			"passive.min_requests", "passive.window", "passive.ejection", "passive.probes"}},
		{"what is negative", func(c *health.Config) {
			p := &c.Passive
			p.ConsecutiveFailures, p.FailureRatio, p.LatencyFactor, p.LatencyMargin, p.Stall, p.MaxEjection, p.MaxEjected = -1, -1, -1, -1, -1, -1, -1
		}, []string{"passive.consecutive_failures", "passive.failure_ratio", "passive.latency_factor", "passive.latency_margin",
			"passive.stall", "passive.max_ejection", "passive.max_ejected"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := health.DefaultConfig()
			test.change(&cfg)
			var fields []string
			if err := cfg.Validate(); err != nil {
				for line := range strings.SplitSeq(err.Error(), "\n") {
					field, _, _ := strings.Cut(line, ": ")
					fields = append(fields, field)
				}
			}
			if diff := cmp.Diff(test.want, fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}
