package telemetry

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/breaker"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/limit"
)

// Source is what metrics are read from. A [gateway.Gateway] is one.
type Source interface {
	// Counts returns the counts of this moment. It is called for each answer, from any goroutine.
	Counts() gateway.Counts
}

// Handler answers with the metrics of a gateway and of this process, as OpenMetrics or in the text format of Prometheus,
// whichever the client prefers. They cost nothing while nobody asks: the counts are read for each answer.
func Handler(source Source, version string) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(&collector{source, version}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: 4})
}

// collector reads a source for each answer.
type collector struct {
	source  Source
	version string
}

// Describe sends nothing: which metrics there are depends on the configuration, of which there can be another each time.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(out chan<- prometheus.Metric) {
	counts := c.source.Counts()
	to := sink(out)
	to.gauge("build_info", "1, with the version of the program.", 1, label{"version", c.version})
	to.gauge("snapshot_number", "Number of the configuration in use, from 1 at the start.", float64(counts.Snapshot))
	to.gauge("snapshot_info", "1, with the hash of the schema in use.", 1, label{"schema", counts.Hash})
	to.gauge("snapshot_loaded_timestamp_seconds", "When the configuration in use was loaded.", float64(counts.Loaded.UnixMilli())/1e3)
	to.gauge("snapshots_open", "Configurations that somebody still uses: that in use, and those before with operations that have not ended.", float64(counts.Open))

	const reloads = "Attempts to load another configuration, by what became of them."
	to.counter("reloads_total", reloads, counts.Reloads.Succeeded, label{"result", "succeeded"})
	to.counter("reloads_total", reloads, counts.Reloads.Refused, label{"result", "refused"})
	last := 1.0
	if counts.Reloads.Refusal != nil {
		last = 0
	}
	to.gauge("reload_last_succeeded", "0 if the last configuration was refused, so that the one before goes on; else 1.", last)

	const operations = "GraphQL operations, by what became of them: complete, partial (with errors beside data), failed (executed, no data) or refused (not executed)."
	to.counter("operations_total", operations, counts.Operations.Complete, label{"result", "complete"})
	to.counter("operations_total", operations, counts.Operations.Partial, label{"result", "partial"})
	to.counter("operations_total", operations, counts.Operations.Failed, label{"result", "failed"})
	to.counter("operations_total", operations, counts.Operations.Refused, label{"result", "refused"})

	const plans = "Operations that needed a plan, by what became of it, for the schema in use."
	to.counter("plans_total", plans, counts.Plans.Planned, label{"result", "planned"})
	to.counter("plans_total", plans, counts.Plans.Impossible, label{"result", "impossible"})
	to.counter("plans_total", plans, counts.Plans.Excessive, label{"result", "excessive"})
	for _, s := range counts.Services {
		to.service(&s)
	}
}

// sink takes metrics.
type sink chan<- prometheus.Metric

type label struct{ name, value string }

func (s sink) service(status *upstream.Status) {
	of := []label{{"service", status.Service}}
	s.counter("service_retries_total", "Requests to a service that were sent again after something had been sent.", status.Retries, of...)
	s.counter("service_retries_refused_total", "Requests to a service that were not sent again, or not hedged, as the budget was spent.", status.Budget.Refused, of...)
	s.counter("service_hedges_total", "Second requests to a service while the first was not answered.", status.Hedges, of...)
	s.counter("service_shared_total", "Calls of a service that were not made, as the answer to an equal one served.", status.Shared, of...)
	s.gauge("service_panic", "1 if so few endpoints of a service are usable that all are used, else 0.", number(status.Panic), of...)
	s.breaker("service", "a service", &status.Breaker, of)
	s.limiter("service", "a service", &status.Concurrency, of)
	for i := range status.Endpoints {
		s.endpoint(&status.Endpoints[i], status.Service)
	}
}

func (s sink) endpoint(e *upstream.EndpointStatus, service string) {
	of := []label{{"service", service}, {"endpoint", e.Address}}
	s.counter("endpoint_requests_total", "Requests to an endpoint, those under way included.", e.Requests, of...)
	s.counter("endpoint_failures_total", "Requests to an endpoint that were not answered, or not in time, or with a status from 500 on.", e.Failures, of...)
	s.gauge("endpoint_in_flight", "Requests to an endpoint that are under way.", float64(e.InFlight), of...)
	s.gauge("endpoint_failing", "1 if the last request to an endpoint failed, else 0.", number(e.State == endpoint.Failing), of...)
	s.gauge("endpoint_usable", "0 while the health checks have an endpoint left out, else 1.", number(e.Health.Usable), of...)
	s.counter("endpoint_ejections_total", "How often the passive health checks left an endpoint out.", e.Health.Ejections, of...)
	s.breaker("endpoint", "an endpoint", &e.Breaker, of)
	s.limiter("endpoint", "an endpoint", &e.Concurrency, of)
}

// breaker tells of a breaker; one that is turned off is closed.
func (s sink) breaker(prefix, owner string, status *breaker.Status, of []label) {
	for _, state := range []breaker.State{breaker.Closed, breaker.HalfOpen, breaker.Open} {
		s.gauge(prefix+"_breaker_state", "1 for the state that the breaker of "+owner+" is in, 0 for the others.",
			number(status.State == state), append(of[:len(of):len(of)], label{"state", string(state)})...)
	}
	s.counter(prefix+"_breaker_opened_total", "How often the breaker of "+owner+" opened.", status.Opened, of...)
	s.counter(prefix+"_breaker_refused_total", "Requests that the breaker of "+owner+" refused.", status.Refused, of...)
}

// limiter tells of a limit of concurrency, if there is one.
func (s sink) limiter(prefix, owner string, status *limit.Status, of []label) {
	if status.Limit == 0 {
		return
	}
	s.gauge(prefix+"_concurrency_limit", "How many requests to "+owner+" may be under way.", float64(status.Limit), of...)
	s.gauge(prefix+"_concurrency_in_flight", "Requests to "+owner+" that count against the limit.", float64(status.InFlight), of...)
	s.gauge(prefix+"_concurrency_waiting", "Requests to "+owner+" that wait for others to end.", float64(status.Waiting), of...)
	s.counter(prefix+"_concurrency_refused_total", "Requests to "+owner+" that were refused, as too many were under way.", status.Refused, of...)
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (s sink) counter(name, help string, value uint64, labels ...label) {
	s.send(prometheus.CounterValue, name, help, float64(value), labels)
}

func (s sink) gauge(name, help string, value float64, labels ...label) {
	s.send(prometheus.GaugeValue, name, help, value, labels)
}

func (s sink) send(kind prometheus.ValueType, name, help string, value float64, labels []label) {
	var names, values []string
	for _, l := range labels {
		names, values = append(names, l.name), append(values, l.value)
	}
	m, err := prometheus.NewConstMetric(prometheus.NewDesc("sluice_"+name, help, names, nil), kind, value, values...)
	if err != nil { // a value that is not UTF-8
		return
	}
	s <- m
}
