//go:build tools

// Package tools pins the programs that generate code of this repository.
package tools

import (
	_ "github.com/99designs/gqlgen"
)
