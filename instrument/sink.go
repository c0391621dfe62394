package instrument

import "time"

// Sink takes finished Records. Package collect has the one that stores them.
type Sink interface {
	// Want is asked once at the end of a Record, before it is masked and encoded:
	// false leaves it out. The Summary's texts are not masked yet.
	Want(s *Summary) bool
	// Put hands a Record over. It must not block. The Summary and the blob belong to
	// the caller again when Put returns: copy what is kept.
	Put(s *Summary, blob []byte)
}

// Item is one encoded Record on its way to a store.
type Item struct {
	Summary Summary
	Blob    []byte
}

// Batch is what a store writes in one transaction.
type Batch struct {
	Items []Item
}

// SlowRecord points to a Record among the slowest of a handler.
type SlowRecord struct {
	ID       ID
	Duration time.Duration
}

// RollRow is what a handler did in a stretch of time, with its slowest Records,
// slowest first.
type RollRow struct {
	Stats
	Slowest []SlowRecord
}

// Masker hides what must not be kept. Package mask has the rules. It is called on
// the goroutine that ends a Record, so it must be quick; when it panics the value
// is hidden.
type Masker interface {
	// Key reports whether what stands under an attribute's name is secret.
	Key(name string) bool
	// Text gives free text back with the secrets in it replaced. It may not be asked
	// again for a text that it gave back as it was.
	Text(s string) string
}

// Redacted stands for what a Masker hid.
const Redacted = "[redacted]"

// redactionFailed stands for what a Masker could not judge.
const redactionFailed = "[redaction failed]"
