package app

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sluice-gateway/sluice/schema/diff"
)

// diffCommand compares two API schemas.
type diffCommand struct {
	Old  string `arg:"" help:"What clients were written for: a configuration, a schema file, a supergraph, a subgraph or its folder, the JSON of an introspection, or - for a schema on standard input."`
	New  string `arg:"" help:"What is to replace it, of any of these kinds."`
	JSON bool   `name:"json" help:"Print the changes as JSON."`
}

// The exit codes of diff, as its help tells them.
const (
	exitBreaking = 1
	exitNoDiff   = 2
)

// Help is what "sluice diff --help" explains.
func (diffCommand) Help() string {
	return `Every change of the API schema is told with what it does to clients that were written for the old one. It is
"breaking" if an operation that was valid may be refused, or an answer may have what its client was promised not to see;
"dangerous" if every operation stays valid, but may get what its client did not know of, or mean something else; "safe" if
nobody notices.

The exit code is 0 if no change is breaking, 1 if one is, and 2 if there is nothing to compare because something is wrong
with one of the two.

  sluice diff old.graphql sluice.yaml
  git show main:schema.graphql | sluice diff - schema.graphql`
}

// Run prints the changes, and fails if one is breaking.
func (c diffCommand) Run(std *IO) error {
	if c.Old == "-" && c.New == "-" {
		return ended{exitNoDiff, errors.New("only one of the two schemas can come from standard input")}
	}
	before, err := clientSchema(c.Old, std)
	if err != nil {
		return ended{exitNoDiff, err}
	}
	after, err := clientSchema(c.New, std)
	if err != nil {
		return ended{exitNoDiff, err}
	}
	changes := diff.Schemas(before, after)
	write := writeChanges
	if c.JSON {
		write = writeChangesJSON
	}
	if err := write(std.Stdout, changes); err != nil {
		return ended{exitNoDiff, err}
	}
	if changes.Count(diff.Breaking) > 0 {
		return ended{code: exitBreaking}
	}
	return nil
}

// writeChanges prints a line for each change, and how many there are.
func writeChanges(w io.Writer, changes diff.Changes) error {
	width := 0
	for _, c := range changes {
		width = max(width, min(len(c.Coordinate), 40))
	}
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%-9s  %-*s  %s\n", c.Severity, width, cmp.Or(c.Coordinate, "schema"), c.Message)
	}
	if len(changes) == 0 {
		b.WriteString("no changes\n")
	} else {
		fmt.Fprintf(&b, "%s: %d breaking, %d dangerous, %d safe\n", count(len(changes), "change"),
			changes.Count(diff.Breaking), changes.Count(diff.Dangerous), changes.Count(diff.Safe))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeChangesJSON prints the changes for programs.
func writeChangesJSON(w io.Writer, changes diff.Changes) error {
	if changes == nil {
		changes = diff.Changes{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Breaking  int          `json:"breaking"`
		Dangerous int          `json:"dangerous"`
		Safe      int          `json:"safe"`
		Changes   diff.Changes `json:"changes"`
	}{changes.Count(diff.Breaking), changes.Count(diff.Dangerous), changes.Count(diff.Safe), changes})
}
