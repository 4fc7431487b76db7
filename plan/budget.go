package plan

import "fmt"

// errBudget says that planning an operation took more steps than it may.
var errBudget = fmt.Errorf("%w: the operation takes more planning than is allowed", ErrNoPlan)

// budget bounds the work of one planning by counting steps, so that the same operation always ends the same way.
type budget struct {
	left int
}

// charge takes n steps where no error can be returned. Whoever spends next gets the error.
func (b *budget) charge(n int) { b.left -= n }

// spend takes n steps, or tells that there are none left.
func (b *budget) spend(n int) error {
	if b.left -= n; b.left < 0 {
		return errBudget
	}
	return nil
}
