package problem

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// At returns an error at a place of a schema document; pos may be nil. The message is made as by [fmt.Sprintf].
func At(pos *ast.Position, code, coordinate, format string, args ...any) Problem {
	p := Problem{Code: code, Message: fmt.Sprintf(format, args...), Coordinate: coordinate}
	if pos == nil {
		return p
	}
	p.Line, p.Column = pos.Line, pos.Column
	if pos.Src != nil {
		p.File = pos.Src.Name
	}
	return p
}
