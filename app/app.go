// Package app is the program: its commands, and the wiring of configuration, gateway, server and pages. It is the only
// place that reads the environment, makes the logger and decides how the program ends.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/sluice-gateway/sluice/problem"
)

// IO is what the program has of the world around it.
type IO struct {
	Stdin   io.Reader
	Stdout  io.Writer // results
	Stderr  io.Writer // problems and the log
	Environ func(name string) (value string, ok bool)
	// Hangup has the channel told of SIGHUP from now on, which has the program reload; nil: there is no such signal.
	Hangup func(chan<- os.Signal)
}

// The exit codes.
const (
	exitOK    = 0
	exitError = 1 // something is wrong with what was given, or the program could not go on
	exitUsage = 2 // the command line makes no sense
)

// commands is the command line.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve the API of a configuration."`
	Demo    demoCommand    `cmd:"" help:"Serve a store with four services, to try Sluice with nothing else."`
	Check   checkCommand   `cmd:"" help:"Check a configuration and its schema, and list everything that is wrong."`
	Plan    planCommand    `cmd:"" help:"Show how a query would be answered, and with how many calls to which service."`
	Schema  schemaCommand  `cmd:"" help:"Print the API schema that clients see."`
	Compose composeCommand `cmd:"" help:"Compose subgraphs, and those of running servers, into a supergraph, and print it."`
	Diff    diffCommand    `cmd:"" help:"List what a change of the schema does to clients, for CI: it fails if it breaks them."`
	Config  configCommand  `cmd:"" help:"Print the configuration with all defaults, or its JSON Schema for editors."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

const description = `Sluice turns the REST services you already have into one GraphQL API.

Begin with "sluice demo". For an API of your own, write a schema and a sluice.yaml (copy examples/storefront), look at what "sluice check" says, and start "sluice serve".`

// Run is the program: it reads the command line, runs the command until it ends or ctx does, and returns the exit code.
func Run(ctx context.Context, args []string, std IO) int {
	limitMemory(std.Environ, os.DirFS("/"))
	var c commands
	exited, code := false, exitOK
	k, err := kong.New(&c,
		kong.Name("sluice"),
		kong.Description(description),
		kong.Writers(std.Stdout, std.Stderr),
		kong.Exit(func(status int) { exited, code = true, status }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&std),
	)
	if err != nil {
		return fail(std.Stderr, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := k.Parse(args)
	if exited { // help was printed; kong goes on as if it had not been asked for
		return code
	}
	if err != nil {
		_, _ = fmt.Fprintf(std.Stderr, "sluice: %s; see sluice --help\n", err)
		return exitUsage
	}
	if err := parsed.Run(); err != nil {
		return fail(std.Stderr, err)
	}
	return exitOK
}

// fail tells an error and returns the exit code.
func fail(w io.Writer, err error) int {
	code := exitError
	var end ended
	if errors.As(err, &end) {
		code, err = end.code, end.err
	}
	var list problemError
	switch {
	case err == nil:
	case errors.As(err, &list):
		list.write(w)
	default:
		_, _ = fmt.Fprintf(w, "sluice: %s\n", strings.TrimSpace(err.Error()))
	}
	return code
}

// ended is the end of a command with an exit code of its own. Without an error, the command has told what there is to tell.
type ended struct {
	code int
	err  error
}

func (e ended) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// problemError is a list of problems that keeps a command from doing its work.
type problemError struct{ list problem.List }

func (e problemError) Error() string { return e.list.Err().Error() }

// write prints the problems with all places that they speak of, and how many there are.
func (e problemError) write(w io.Writer) {
	writeProblems(w, e.list)
	_, _ = fmt.Fprintf(w, "sluice: %s\n", summary(e.list))
}

func writeProblems(w io.Writer, list problem.List) {
	list.Sort()
	for _, p := range list {
		_, _ = fmt.Fprintln(w, p.Text())
	}
}

// summary counts problems: "2 errors, 1 warning".
func summary(list problem.List) string {
	wrong := len(list.Errors())
	switch warnings := len(list) - wrong; {
	case warnings == 0:
		return count(wrong, "error")
	case wrong == 0:
		return count(warnings, "warning")
	default:
		return count(wrong, "error") + ", " + count(warnings, "warning")
	}
}

// count is a number of things: "1 error", "2 errors".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
