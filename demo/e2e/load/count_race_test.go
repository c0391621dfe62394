//go:build race

package load_test

const (
	requests = 20_000
	orders   = 1000
	lookers  = 1
	buyers   = 6
)
