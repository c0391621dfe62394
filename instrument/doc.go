// Package instrument records what a process does and how long it takes: the
// requests, commands and jobs that it runs (Records), the signals, receivers,
// middleware layers, queries and log lines that each of them is made of (spans),
// and exact statistics for everything that runs more than once (Handlers).
//
// The smallest whole program:
//
//	var greet = instrument.NewHandler(instrument.KindCustom, "greet", instrument.Source{})
//
//	func main() {
//		r := instrument.New(instrument.Config{})
//		instrument.SetDefault(r)
//		_, span := instrument.Start(context.Background(), greet)
//		fmt.Println("hello")
//		span.End(nil)
//		fmt.Println(r.Stats(greet).Count) // 1
//	}
//
// Apps seldom call it: package toolbar, the signals, middleware and commands, and
// the taps for SQL, HTTP clients, logs and templates do. It links the standard
// library only, starts no goroutine and does no I/O; what it records goes to a
// [Sink].
//
// # What a span costs
//
// The clock is the cost: two readings are 47 ns of the 75. Therefore the end of one
// piece of work is the start of the next where the caller can say so (StartAt,
// EndAt); span slots, attributes and the encoding buffer lie in one pooled slab per
// Record; contexts come from arrays of eight; handlers are pointers that the caller
// keeps; a handler's counters are atomics, sharded by goroutine; and a Record is
// encoded when it ends, while its memory is still in the cache.
//
//	Begin ── Recording ──────────────────────────────── End: seal
//	           │ slab: [root][layer][view][signal]...     │ self times, flags
//	Start ─────┤ slot i, context i                        │ Sink.Want
//	End   ─────┘ slot i .end; Handler's histogram += d    │ mask, encode, Sink.Put
//
// A slab is used again only when all its spans have ended. A span that ends later
// than its Record still counts in the statistics.
//
// # Finding the Record
//
// By context. Where an app does not pass the request's context on, by the profiler
// label of the goroutine, which goroutines inherit; such a span is marked as
// inferred. The build tag toolbar_nolabel leaves labels out.
package instrument
