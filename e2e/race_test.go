//go:build race

package e2e_test

// raceDetector: everything takes ten times as long.
const raceDetector = true
