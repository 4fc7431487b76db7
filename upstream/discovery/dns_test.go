package discovery_test

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/sluice-gateway/sluice/upstream/discovery"
)

func ips(texts ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range texts {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

func users() discovery.Config {
	cfg := discovery.DefaultConfig()
	cfg.DNS.Name, cfg.DNS.Port = "users.internal.", 8080
	return cfg
}

func TestAddressesOfANameAreFound(t *testing.T) {
	t.Parallel()
	s := &dnsServer{a: ips("10.0.0.2", "10.0.0.1"), aaaa: ips("fd00::1"), ttl: 5}
	cfg := users()
	cfg.DNS.Scheme, cfg.DNS.Path = "https", "/v1"
	r := start(t, cfg, discovery.Options{Resolver: s.listen(t)}) // real sockets
	list := r.want(t, "https://10.0.0.1:8080/v1", "https://10.0.0.2:8080/v1", "https://[fd00::1]:8080/v1")
	want := discovery.Address{URL: "https://10.0.0.1:8080/v1", Host: "users.internal", Weight: 1}
	if diff := cmp.Diff(want, list[0]); diff != "" {
		t.Errorf("address mismatch (-want +got):\n%s", diff)
	}
}

func TestANameIsLookedUpAgainWhenItsRecordsEnd(t *testing.T) {
	for _, test := range []struct {
		name     string
		ttl      uint32
		from, to time.Duration
	}{
		{name: "the records' own time", ttl: 5, from: 4500 * time.Millisecond, to: 5500 * time.Millisecond},
		{name: "the interval, if the records live longer", ttl: 3600, from: 27 * time.Second, to: 33 * time.Second},
		{name: "a second, if the records do not live at all", ttl: 0, from: 900 * time.Millisecond, to: 1100 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &dnsServer{a: ips("10.0.0.1"), ttl: test.ttl}
				r := start(t, users(), discovery.Options{Resolver: s.resolver()})
				r.want(t, "http://10.0.0.1:8080")
				s.set(func(s *dnsServer) { s.a = ips("10.0.0.1", "10.0.0.2") })
				begin := time.Now()
				r.want(t, "http://10.0.0.1:8080", "http://10.0.0.2:8080")
				if took := time.Since(begin); took < test.from || took > test.to {
					t.Errorf("the change was seen after %v, want between %v and %v", took, test.from, test.to)
				}
				<-time.After(10 * time.Minute)
				r.quiet(t)
				r.stop()
			})
		})
	}
}

func TestTheLastGoodListStays(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(s *dnsServer)
		want   string
	}{
		{"when the server fails", func(s *dnsServer) { s.rcode = dnsmessage.RCodeServerFailure }, "server misbehaving"},
		{"when the name is gone", func(s *dnsServer) { s.rcode = dnsmessage.RCodeNameError }, "not believed"},
		{"when the name has no addresses", func(s *dnsServer) { s.a, s.aaaa = nil, nil }, "not believed"},
		{"when one half of the addresses cannot be had", func(s *dnsServer) { s.broken = dnsmessage.TypeAAAA }, "server misbehaving"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &dnsServer{a: ips("10.0.0.1"), aaaa: ips("fd00::1"), ttl: 5}
				r := start(t, users(), discovery.Options{Resolver: s.resolver()})
				r.want(t, "http://10.0.0.1:8080", "http://[fd00::1]:8080")
				s.set(test.change)
				if p := <-r.problems; p.source != "dns users.internal." || !strings.Contains(p.text, test.want) {
					t.Errorf("the problem is %+v, want one with %q", p, test.want)
				}
				<-time.After(time.Hour)
				r.quiet(t)
				if n := len(r.problems); n != 0 {
					t.Errorf("the same problem was told %d times more", n)
				}
				s.set(func(s *dnsServer) { s.a, s.aaaa, s.rcode, s.broken = ips("10.0.0.3"), nil, 0, 0 })
				r.want(t, "http://10.0.0.3:8080")
				if p := <-r.problems; p.text != "" {
					t.Errorf("the source works again, but the problem is %+v", p)
				}
				r.stop()
			})
		})
	}
}

func TestAnEmptyListIsTakenIfItIsAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &dnsServer{a: ips("10.0.0.1"), ttl: 5}
		cfg := users()
		cfg.AllowEmpty = true
		r := start(t, cfg, discovery.Options{Resolver: s.resolver()})
		r.want(t, "http://10.0.0.1:8080")
		s.set(func(s *dnsServer) { s.rcode = dnsmessage.RCodeNameError })
		r.want(t)
		s.set(func(s *dnsServer) { s.rcode = dnsmessage.RCodeServerFailure })
		<-r.problems
		r.quiet(t)
		r.stop()
	})
}

func TestFailuresAreNotAskedAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &dnsServer{rcode: dnsmessage.RCodeNameError}
		r := start(t, users(), discovery.Options{Resolver: s.resolver()})
		<-r.problems
		<-time.After(time.Hour)
		// After 1, 2, 4, 8 and 16 seconds, then every 30: A and AAAA, in every domain that the system searches.
		looks := 5 + 3600/30
		if got, most := s.questions(), 2*looks*12/10; got < looks || got > most {
			t.Errorf("%d questions in an hour, want between %d and %d", got, looks, most)
		}
		r.stop()
	})
}

func TestServiceRecordsAreFound(t *testing.T) {
	t.Parallel()
	s := &dnsServer{ttl: 0, srv: []dnsmessage.SRVResource{
		{Target: dnsmessage.MustNewName("a.internal."), Port: 8001, Weight: 10, Priority: 1},
		{Target: dnsmessage.MustNewName("b.internal."), Port: 8002, Weight: 0, Priority: 0},
		{Target: dnsmessage.MustNewName("."), Port: 8003},
	}}
	cfg := discovery.DefaultConfig()
	cfg.SRV.Name = "_http._tcp.users.internal."
	r := start(t, cfg, discovery.Options{Resolver: s.listen(t)})
	want := []discovery.Address{
		{URL: "http://a.internal:8001", Weight: 10, Priority: 1},
		{URL: "http://b.internal:8002", Weight: 1},
	}
	if diff := cmp.Diff(want, <-r.updates); diff != "" {
		t.Errorf("addresses mismatch (-want +got):\n%s", diff)
	}
	// What records may say goes beyond what addresses may have.
	s.set(func(s *dnsServer) {
		s.srv = []dnsmessage.SRVResource{
			{Target: dnsmessage.MustNewName("a.internal."), Port: 8001, Weight: 60000, Priority: 5},
			{Target: dnsmessage.MustNewName("b.internal."), Port: 8002, Weight: 30000, Priority: 5},
			{Target: dnsmessage.MustNewName("c.internal."), Port: 8003, Weight: 1, Priority: 60000},
		}
	})
	want = []discovery.Address{
		{URL: "http://a.internal:8001", Weight: 1000},
		{URL: "http://b.internal:8002", Weight: 500},
		{URL: "http://c.internal:8003", Weight: 1, Priority: 1},
	}
	if diff := cmp.Diff(want, <-r.updates); diff != "" {
		t.Errorf("addresses mismatch (-want +got):\n%s", diff)
	}
}

func TestSeveralSourcesAreJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &dnsServer{ttl: 5, a: ips("10.0.0.1"), srv: []dnsmessage.SRVResource{
			{Target: dnsmessage.MustNewName("a.internal."), Port: 8001, Weight: 10},
		}}
		cfg := users()
		cfg.SRV.Name = "_http._tcp.users.internal."
		r := start(t, cfg, discovery.Options{
			Resolver: s.resolver(),
			Static:   []discovery.Address{{URL: "http://10.0.0.1:8080", Weight: 7}, {URL: "http://10.0.0.9:8080", Weight: 1}},
		})
		<-time.After(time.Second)
		var list []discovery.Address
		for len(r.updates) > 0 {
			list = <-r.updates
		}
		want := []discovery.Address{
			{URL: "http://10.0.0.1:8080", Weight: 7}, // as the first source tells it
			{URL: "http://10.0.0.9:8080", Weight: 1},
			{URL: "http://a.internal:8001", Weight: 10},
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("addresses mismatch (-want +got):\n%s", diff)
		}
		r.stop()
	})
}
