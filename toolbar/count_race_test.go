//go:build race

package toolbar_test

// atOnce is how many requests are in flight: the race detector knows 8,128 goroutines.
const atOnce = 3_000
