package instrument

import "time"

// KindTime is what the spans of one kind of a running Record have taken.
type KindTime struct {
	Kind  Kind
	Count int           // those that have begun; what the caps left out is not in it
	Self  time.Duration // sum of each one's time without its children's; those that run count up to now
}

// SoFar tells how long a Record has run, and where that time went, by kind in the order of
// kinds. The Record itself is none of them. It walks over all spans, so it is for who will
// show the answer to somebody. 0 and nil when the Record has ended, and for nil.
func (rec *Recording) SoFar() (elapsed time.Duration, kinds []KindTime) {
	now := Now()
	if !rec.open() {
		return 0, nil
	}
	defer rec.mu.Unlock()
	slab := rec.slab
	children := slab.childTimes(int(rec.spans))
	var by [MaxKinds + 1]KindTime
	for i := rec.spans; i > 1; { // a parent stands before its children
		i--
		p := slab.at(i)
		end := p.end.Load()
		if end == 0 {
			end = now
		}
		d := max(end-p.start, 0)
		children[p.parent] += d
		by[p.kind].Count++
		by[p.kind].Self += time.Duration(max(d-children[i], 0))
	}
	for k := range by {
		if by[k].Count > 0 {
			by[k].Kind = Kind(k)
			kinds = append(kinds, by[k])
		}
	}
	return time.Duration(max(now-rec.start, 0)), kinds
}
