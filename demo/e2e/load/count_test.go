//go:build !race

package load_test

// How much is sent. Under the race detector each request takes many times as long, so that there are fewer, by fewer visitors,
// and more of them are orders: the slow receiver waits as long as ever.
const (
	requests = 100_000
	orders   = 1000 // of two requests each
	lookers  = 4    // visitors at a time who look around, to keep the processors busy
	buyers   = 24   // who order; most of them wait for the mail relay
)
