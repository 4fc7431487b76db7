package discovery_test

import (
	"context"
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// What the standard library reads of the system's settings it keeps for the whole program; a synctest bubble may not
	// be the first to ask for it.
	if _, err := net.DefaultResolver.LookupHost(context.Background(), "localhost"); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
	}
	goleak.VerifyTestMain(m)
}
