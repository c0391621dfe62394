//go:build !race

package toolbar_test

// atOnce is how many requests are in flight.
const atOnce = 10_000
