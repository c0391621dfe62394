// Package collect takes finished Records off the goroutines that recorded them
// and stores them, so that a request never waits for a disk: what the store cannot
// take in time is dropped and counted.
//
// The smallest whole program, with a store in memory:
//
//	type memory struct{ records int }
//
//	func (m *memory) Append(_ context.Context, b *instrument.Batch) error {
//		m.records += len(b.Items)
//		return nil
//	}
//	func (m *memory) Roll(context.Context, time.Time, []instrument.RollRow) error { return nil }
//	func (m *memory) Prune(context.Context) (bool, error)                         { return false, nil }
//
//	func main() {
//		m := new(memory)
//		c, err := collect.New(collect.Config{Store: m})
//		if err != nil {
//			log.Fatal(err)
//		}
//		r := instrument.New(instrument.Config{Sink: c})
//		c.Start(r)
//		_, rec := r.Begin(context.Background(), instrument.Begin{Handler: hello})
//		rec.End()
//		c.Close(context.Background())
//		fmt.Println(m.records) // 1
//	}
//
// # The way of a Record
//
//	goroutine that recorded             the writer's goroutine
//
//	Want: Keep policy ─ no ─► not_kept
//	  │ yes (now it is masked, encoded)
//	Put: one short mutex                every 500 Records or 20 ms:
//	  │ copy into the open segment  ──► take a whole segment
//	  └ no room ─► queue_full,           ├─ Store.Append ── failed ─► try again: 8 times,
//	               queue_bytes           │                            with growing pauses,
//	                                     │                            then store_error
//	                                     ├─ tell live viewers
//	                                     └─ hand the segment back
//	                                    every 10 s, minute's end, Flush, Close:
//	                                      Recorder.Roll ─► Store.Roll
//	                                    in between: one step of Store.Prune
//
// A segment is the memory of one batch: its items are handed to the store as they
// are. Segments are reused, so that Put allocates nothing while the traffic is even,
// and given back after a burst. What is queued and what the writer holds is bounded
// together, in Records and in bytes.
//
// # What cannot go wrong
//
// The account is exact at any moment: [Stats].Produced is the sum of Stored, of all
// Dropped and of QueuedRecords. The store and the callbacks may fail, panic or never
// return. A failure keeps the batch for another try, and the queue goes on filling
// meanwhile; ten failures in a row switch storing off, which [Stats].Disabled shows,
// so that Records cost nothing until a try succeeds some seconds later. Statistics
// that could not be stored are kept and merged until they can. Trouble is logged at
// most once a minute.
package collect
