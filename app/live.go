package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/app/watch"
	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/server"
	"github.com/sluice-gateway/sluice/telemetry"
)

// live is a program that serves a configuration and follows it while it changes.
type live struct {
	command serveCommand
	std     *IO
	log     *slog.Logger
	level   *slog.LevelVar
	stop    context.Context // ends what routes pass on
	gateway *gateway.Gateway
	server  *server.Server
	format  string // of the log
	detail  atomic.Pointer[detail]

	mu     sync.Mutex     // guards the fields below: there is one reload at a time
	config *config.Config // in use
	files  []string       // that the configuration is read from
	seen   watch.State    // what was in them when they were read last, for good or for bad
}

// watched are the options of looking at files.
var watched = watch.Options{Include: schema.IsFile}

// start makes all that serves a configuration, and does not serve yet. What is wrong with the configuration is the error.
func (c serveCommand) start(std *IO, stop context.Context) (*live, error) {
	v := &live{command: c, std: std, stop: stop, files: []string{c.Config}}
	l, problems := v.read()
	if l == nil {
		return nil, problemError{problems}
	}
	var err error
	if v.log, v.level, err = newLogger(std.Stderr, l.config.Log); err != nil {
		v.log = nil // the configuration has that problem too, and nothing is started
	}
	if v.gateway, problems = c.compose(l, problems, std, v.log); v.gateway == nil {
		return nil, problemError{problems}
	}
	options, err := v.options(l.config)
	if err == nil {
		v.server, err = server.New(l.config.Server, v.gateway, options)
	}
	if err != nil {
		v.gateway.Close()
		return nil, err
	}
	writeProblems(std.Stderr, problems) // warnings
	v.config, v.format = l.config, l.config.Log.Format
	v.note(nil)
	return v, nil
}

// read loads the configuration, and notes what was in its files.
func (v *live) read() (*loaded, problem.List) {
	began := time.Now()
	before := watch.Look(v.files, v.seen, watched)
	l, problems := v.command.load(v.std)
	if l != nil {
		l.stop = v.stop
		v.command.apply(l.config)
		v.files = l.config.Files()
	}
	v.seen = watch.Look(v.files, before, watched).Read(before, began)
	return l, problems
}

// options are those of the server.
func (v *live) options(c *config.Config) (server.Options, error) {
	var page http.Handler
	var err error
	if c.HasGraphQL() {
		page, err = pages(c, "", nil)
	}
	return server.Options{
		Log: v.log, Pages: page, NoGraphQL: !c.HasGraphQL(), Routes: liveRoutes{v.gateway}, Ready: v.ready,
		Admin: map[string]http.Handler{
			"POST /reload": http.HandlerFunc(v.serveReload),
			metricsPattern: telemetry.Handler(v.gateway, version()),
		},
	}, err
}

const metricsPattern = "GET /metrics"

func (v *live) shutdown() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.config.Server.Timeouts.Shutdown
}

// reload reads the configuration again and puts the program on it, or leaves everything as it is if anything is wrong with
// it. Cause is why, for the log.
func (v *live) reload(cause string) *outcome {
	v.mu.Lock()
	defer v.mu.Unlock()
	began := time.Now()
	l, s, change, problems := v.prepare()
	out := &outcome{problems: problems, took: time.Since(began)}
	if s == nil {
		v.gateway.Refuse(problems)
		v.note(problems.Errors())
		v.logRefusal(cause, problems.Errors())
		return out
	}
	v.gateway.Swap(s)
	change.Apply()
	_ = v.level.UnmarshalText([]byte(l.config.Log.Level)) // checked with the configuration
	v.config = l.config
	out.number, out.hash, out.waiting = s.Number(), s.Hash(), v.waiting(change, l.config)
	v.note(nil)
	v.logSuccess(cause, out)
	return out
}

// prepare makes all that a reload needs. The snapshot is nil if one of the problems is an error. A defect of ours that a new
// configuration uncovers is one more, for the old one must go on.
func (v *live) prepare() (l *loaded, s *gateway.Snapshot, change *server.Change, problems problem.List) {
	defer func() {
		if p := recover(); p != nil {
			v.log.Error("a reload panicked", "panic", p, "stack", string(debug.Stack()))
			l, s, change = nil, nil, nil
			problems = append(problems, problem.Problem{File: v.command.Config, Code: "INTERNAL", Message: fmt.Sprintf("The configuration cannot be loaded, by a defect of this program: %v.", p)})
		}
	}()
	l, problems = v.read()
	if l == nil {
		return nil, nil, nil, problems
	}
	s, problems = v.command.build(l, problems, v.std, v.log, v.gateway)
	if s == nil {
		return nil, nil, nil, problems
	}
	options, err := v.options(l.config)
	if err == nil {
		change, err = v.server.Prepare(l.config.Server, options)
	}
	if err != nil {
		v.gateway.Discard(s)
		return nil, nil, nil, append(problems, problem.Problem{File: v.command.Config, Code: "CONFIG", Message: err.Error()})
	}
	return l, s, change, problems
}

// waiting are the settings that hold from the next start on, as they are called in the configuration.
func (v *live) waiting(change *server.Change, c *config.Config) []string {
	var out []string
	for _, path := range change.Waiting {
		switch path {
		case "listen":
		case "admin.listen":
			path = "admin"
		default:
			path = "server." + path
		}
		out = append(out, path)
	}
	if c.Log.Format != v.format {
		out = append(out, "log.format")
	}
	return out
}

// run reloads when it is told to, or a file has changed, until ctx ends.
func (v *live) run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { v.followSignals(ctx) })
	wg.Go(func() { v.followFiles(ctx) })
	wg.Wait()
}

func (v *live) followSignals(ctx context.Context) {
	if v.std.Hangup == nil {
		return
	}
	hangup := make(chan os.Signal, 1)
	v.std.Hangup(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			v.reload("SIGHUP")
		}
	}
}

func (v *live) followFiles(ctx context.Context) {
	w := watch.Watcher{
		Look: func(before watch.State) watch.State { return watch.Look(v.watching(), before, watched) },
		Done: func() watch.State {
			v.mu.Lock()
			defer v.mu.Unlock()
			return v.seen
		},
		Changed: func(now watch.State) {
			v.mu.Lock()
			changed, watching := now.Changed(v.seen), v.config.Reload.Watch
			v.mu.Unlock()
			if watching && len(changed) > 0 {
				v.reload("changed: " + first(changed))
			}
		},
	}
	w.Run(ctx, func() time.Duration {
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.config.Reload.Interval
	})
}

// watching are the files that are looked at; none if nobody wants that.
func (v *live) watching() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.config.Reload.Watch {
		return nil
	}
	return v.files
}
