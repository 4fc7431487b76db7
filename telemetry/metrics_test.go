package telemetry_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/telemetry"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/breaker"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/health"
	"github.com/sluice-gateway/sluice/upstream/limit"
	"github.com/sluice-gateway/sluice/upstream/retry"
)

type source gateway.Counts

func (s source) Counts() gateway.Counts { return gateway.Counts(s) }

func TestMetricsTellWhatTheGatewayCounted(t *testing.T) {
	t.Parallel()
	s := source{
		Snapshot: 3, Hash: "abc", Loaded: time.Unix(1700000000, 500e6), Open: 2,
		Reloads:    gateway.Reloads{Succeeded: 2, Refused: 1, Refusal: &gateway.Refusal{Problems: problem.List{{Message: "wrong"}}}},
		Operations: gateway.Operations{Complete: 10, Partial: 2, Failed: 1, Refused: 4},
		Services: []upstream.Status{{Service: "users", Panic: true, Retries: 11, Hedges: 12, Shared: 13,
			Budget:      retry.BudgetStatus{Requests: 90, Repetitions: 91, Refused: 14},
			Breaker:     breaker.Status{State: breaker.Open, Opened: 15, Refused: 16},
			Concurrency: limit.Status{Limit: 20, InFlight: 19, Waiting: 3, Refused: 17}, Endpoints: []upstream.EndpointStatus{
				{Status: endpoint.Status{Address: "http://127.0.0.1:1", State: endpoint.Failing, InFlight: 1, Requests: 7, Failures: 5},
					Health: health.State{Usable: true, Ejections: 2}, Breaker: breaker.Status{State: breaker.HalfOpen, Opened: 4, Refused: 6}},
				{Status: endpoint.Status{Address: "http://127.0.0.1:2\xff", Requests: 1}},
			}}},
	}
	s.Plans.Planned = 6
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	telemetry.Handler(s, "1.2.3").ServeHTTP(w, r)
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text") {
		t.Errorf("content type %q", got)
	}
	var got []string
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "sluice_") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	want := strings.Fields(`sluice_build_info{version="1.2.3"}|1.0
sluice_endpoint_breaker_opened_total{endpoint="http://127.0.0.1:1",service="users"}|4.0
sluice_endpoint_breaker_refused_total{endpoint="http://127.0.0.1:1",service="users"}|6.0
sluice_endpoint_breaker_state{endpoint="http://127.0.0.1:1",service="users",state="closed"}|0.0
sluice_endpoint_breaker_state{endpoint="http://127.0.0.1:1",service="users",state="half_open"}|1.0
sluice_endpoint_breaker_state{endpoint="http://127.0.0.1:1",service="users",state="open"}|0.0
sluice_endpoint_ejections_total{endpoint="http://127.0.0.1:1",service="users"}|2.0
sluice_endpoint_failing{endpoint="http://127.0.0.1:1",service="users"}|1.0
sluice_endpoint_failures_total{endpoint="http://127.0.0.1:1",service="users"}|5.0
sluice_endpoint_in_flight{endpoint="http://127.0.0.1:1",service="users"}|1.0
sluice_endpoint_requests_total{endpoint="http://127.0.0.1:1",service="users"}|7.0
sluice_endpoint_usable{endpoint="http://127.0.0.1:1",service="users"}|1.0
sluice_operations_total{result="complete"}|10.0
sluice_operations_total{result="failed"}|1.0
sluice_operations_total{result="partial"}|2.0
sluice_operations_total{result="refused"}|4.0
sluice_plans_total{result="excessive"}|0.0
sluice_plans_total{result="impossible"}|0.0
sluice_plans_total{result="planned"}|6.0
sluice_reload_last_succeeded|0.0
sluice_reloads_total{result="refused"}|1.0
sluice_reloads_total{result="succeeded"}|2.0
sluice_service_breaker_opened_total{service="users"}|15.0
sluice_service_breaker_refused_total{service="users"}|16.0
sluice_service_breaker_state{service="users",state="closed"}|0.0
sluice_service_breaker_state{service="users",state="half_open"}|0.0
sluice_service_breaker_state{service="users",state="open"}|1.0
sluice_service_concurrency_in_flight{service="users"}|19.0
sluice_service_concurrency_limit{service="users"}|20.0
sluice_service_concurrency_refused_total{service="users"}|17.0
sluice_service_concurrency_waiting{service="users"}|3.0
sluice_service_hedges_total{service="users"}|12.0
sluice_service_panic{service="users"}|1.0
sluice_service_retries_refused_total{service="users"}|14.0
sluice_service_retries_total{service="users"}|11.0
sluice_service_shared_total{service="users"}|13.0
sluice_snapshot_info{schema="abc"}|1.0
sluice_snapshot_loaded_timestamp_seconds|1.7000000005e+09
sluice_snapshot_number|3.0
sluice_snapshots_open|2.0`)
	for i := range want {
		want[i] = strings.ReplaceAll(want[i], "|", " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	if !strings.Contains(w.Body.String(), "go_goroutines ") || !strings.HasSuffix(w.Body.String(), "# EOF\n") {
		t.Error("the metrics of the process are missing, or the end")
	}
}
