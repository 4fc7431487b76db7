package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
)

// ledger compares the mutations that were answered with those that the services made: none may be made twice, and what was
// answered was made.
type ledger struct {
	path string

	mu       sync.Mutex // guards answered
	answered []string
}

func (l *ledger) answer(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered = append(l.answered, key)
}

// check returns how many mutations were made, and what is wrong.
func (l *ledger) check() (made int, err error) {
	text, err := os.ReadFile(l.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	err = nil
	times := map[string]int{}
	for key := range strings.Lines(string(text)) {
		key = strings.TrimSpace(key)
		times[key]++
		if times[key] == 2 {
			err = errors.Join(err, fmt.Errorf("the mutation %s was made twice", key))
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range l.answered {
		if times[key] == 0 {
			err = errors.Join(err, fmt.Errorf("the mutation %s was answered and not made", key))
		}
	}
	return len(times), err
}
