// Command first is the blog that the README's first schema is about: GET /posts, and GET /users?id=…&id=…, at the address
// that blog.graphql names. It runs until it is interrupted.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"time"
)

const address = "127.0.0.1:4301"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "first:", err)
		os.Exit(1)
	}
}

// run serves the blog until ctx ends.
func run(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("a blog at http://" + address)
	server := &http.Server{Handler: blog(), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type post struct {
	ID     int    `json:"id"`
	Title  string `json:"title"`
	UserID int    `json:"userId"`
}

type user struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// blog is the service as it would be without a gateway.
func blog() http.Handler {
	posts := []post{{1, "On the usefulness of locks", 7}, {2, "A canal in winter", 8}, {3, "Against pumps", 7}}
	users := []user{{7, "Ida Baumann"}, {8, "Tomás Vega"}, {9, "Noor Haddad"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /posts", func(w http.ResponseWriter, _ *http.Request) { reply(w, posts) })
	mux.HandleFunc("GET /users", func(w http.ResponseWriter, r *http.Request) {
		asked := r.URL.Query()["id"]
		reply(w, slices.DeleteFunc(slices.Clone(users), func(u user) bool { return !slices.Contains(asked, strconv.Itoa(u.ID)) }))
	})
	return mux
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a client that has gone away needs no answer
}
