package signals

// contextKey names what this package keeps in contexts.
type contextKey uint8

const (
	environmentKey contextKey = iota
	suspendedKey
	interceptorsKey
	queueKey
	lineageKey
	scopeKey
	transactionKey
)
