package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sluice-gateway/sluice/operation"
)

// planCommand shows the plan of a query.
type planCommand struct {
	schemaFlags
	Query     string `arg:"" help:"A file with the query, or - for standard input."`
	Operation string `short:"o" help:"The name of the operation, if the document has several."`
	Variables string `short:"v" placeholder:"JSON" help:"The variables, as a JSON object."`
	JSON      bool   `name:"json" help:"Print the plan as JSON."`
}

// Run prints the plan.
func (c planCommand) Run(std *IO) error {
	text, err := c.read(std)
	if err != nil {
		return err
	}
	g, _, problems := c.gateway(std)
	if g == nil {
		return problemError{problems}
	}
	defer g.Close()
	d, errs := g.Explain(&operation.Request{Query: string(text), OperationName: c.Operation, Variables: []byte(c.Variables), Caller: &operation.Caller{}})
	if len(errs) > 0 {
		var all []error
		for _, e := range errs {
			where := c.Query
			if len(e.Locations) > 0 {
				where = fmt.Sprintf("%s:%d:%d", where, e.Locations[0].Line, e.Locations[0].Column)
			}
			all = append(all, fmt.Errorf("%s: %s", where, e.Message))
		}
		return errors.Join(all...)
	}
	if c.JSON {
		enc := json.NewEncoder(std.Stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(d)
	}
	return d.Write(std.Stdout)
}

func (c planCommand) read(std *IO) ([]byte, error) {
	if c.Query == "-" {
		return io.ReadAll(std.Stdin)
	}
	text, err := os.ReadFile(c.Query)
	if err != nil {
		return nil, fmt.Errorf("the query cannot be read: %w", err)
	}
	return text, nil
}
