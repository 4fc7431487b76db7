// Package retry decides what may be sent again, when, and how often: which methods are safe to repeat, how long to wait
// before the next attempt, what a service says about that itself, and a [Budget] that keeps repetitions from becoming the
// load that brings a service down.
//
// It knows methods, statuses and times, and makes no calls: the client of a service asks it, once for every attempt.
package retry
