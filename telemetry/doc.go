// Package telemetry tells what a running gateway counts, in the words of monitoring systems: the names of metrics are here
// and nowhere else. What is counted, and where, is the business of the packages that do the work.
package telemetry
