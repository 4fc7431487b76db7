// Package service holds the two services of the example as they would be without a gateway: plain HTTP, plain JSON.
package service

import (
	"encoding/json"
	"net/http"
	"sync"
	"unicode/utf8"
)

// maxBody bounds what a request may send, in bytes.
const maxBody = 4 << 10

// A returns the service a, which keeps a message: GET and POST of /message.
func A() http.Handler {
	type message struct {
		Text   string `json:"text"`
		Length int    `json:"length"`
	}
	var mu sync.Mutex
	text := "Hello"
	say := func(w http.ResponseWriter) {
		reply(w, message{text, utf8.RuneCountInString(text)})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /message", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		say(w)
	})
	mux.HandleFunc("POST /message", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Text string `json:"text"`
		}
		if !read(w, r, &in) {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		text = in.Text
		say(w)
	})
	return mux
}

// B returns the service b, which counts: GET and POST of /counter.
func B() http.Handler {
	type counter struct {
		CurrentValue int `json:"current_value"`
	}
	var mu sync.Mutex
	value := 0
	mux := http.NewServeMux()
	mux.HandleFunc("GET /counter", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		reply(w, counter{value})
	})
	mux.HandleFunc("POST /counter", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Add int `json:"add"`
		}
		if !read(w, r, &in) {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		value += in.Add
		reply(w, counter{value})
	})
	return mux
}

// read decodes the JSON that was posted, or answers that there is none.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(v); err != nil {
		http.Error(w, "send JSON", http.StatusBadRequest)
		return false
	}
	return true
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a client that has gone away needs no answer
}
