package telemetry

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
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
	for _, e := range status.Endpoints {
		where := []label{{"service", status.Service}, {"endpoint", e.Address}}
		s.counter("endpoint_requests_total", "Requests to an endpoint, those under way included.", e.Requests, where...)
		s.counter("endpoint_failures_total", "Requests to an endpoint that were not answered, or not in time, or with a status from 500 on.", e.Failures, where...)
		s.gauge("endpoint_in_flight", "Requests to an endpoint that are under way.", float64(e.InFlight), where...)
		failing := 0.0
		if e.State == endpoint.Failing {
			failing = 1
		}
		s.gauge("endpoint_failing", "1 if the last request to an endpoint failed, else 0.", failing, where...)
	}
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
