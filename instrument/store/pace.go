package store

import (
	"cmp"
	"time"
)

// Kinds of work that pruning does a portion at a time.
const (
	ofRecords    = iota // removed, or kept because of their flags
	ofLooks             // Records that are looked at
	ofLists             // of the slowest
	ofRollups           // removed
	ofHours             // rows of minutes that become hours
	ofExceptions        // removed, or their hours merged
	ofProcesses
	ofNames // of a process that is forgotten: names, frames, documents
	ofNotes // looked at
	ofTexts
	ofPages // given back to the file system
	kindsOfWork
)

// portions say how many of each kind are taken between two looks at the clock: the first
// time, when nothing is known of the store, at least and at most.
var portions = [kindsOfWork]struct{ first, least, most int64 }{
	ofRecords:    {64, 8, 512},
	ofLooks:      {256, 64, 8192},
	ofLists:      {64, 8, 512},
	ofRollups:    {64, 8, 512},
	ofHours:      {16, 4, 128},
	ofExceptions: {4, 1, 64},
	ofProcesses:  {16, 2, 256},
	ofNames:      {64, 8, 512},
	ofNotes:      {64, 8, 1024},
	ofTexts:      {16, 4, 256},
	ofPages:      {4, 1, 32},
}

const (
	// holdTarget is how long a step should hold the write lock, with its commit. It is less
	// than half of what is promised: what a busy machine does in between cannot be measured
	// beforehand.
	holdTarget = 20 * time.Millisecond
	// leastWork is how long a step works when the commit alone takes as long: on a disk that
	// is slow pruning must keep up, too.
	leastWork = 5 * time.Millisecond
	// portionShare of its work is a portion, and so what a step may take too long.
	portionShare = 8
	// stepPortions bounds a step, in greatest portions.
	stepPortions = 10
	// portionBytes bounds the bodies of a portion of Records, unless one alone has more.
	portionBytes = 512 << 10
)

// pace measures steps of pruning, and says how much the next does. What takes long is
// measured, not guessed: rows differ, caches are cold, disks are busy.
type pace struct {
	sizes  [kindsOfWork]int64 // of the next portion; 0: nothing is known yet
	commit time.Duration      // what lately came after the work, the longest counting for longer
	work   time.Duration      // of a step; 0: nothing is known yet

	// Of the step under way, or the last one:
	now     func() time.Time
	started time.Time
	mark    time.Time // the end of the last portion
	share   float64   // of what a step may do, in greatest portions
	kind    string    // what it was about
	held    time.Duration
}

func (p *pace) start(now func() time.Time) {
	if p.work == 0 {
		p.work = leastWork
	}
	p.now, p.share = now, 0
	p.started = now()
	p.mark = p.started
}

// spent tells whether the step has done enough: something, however slow the machine is.
func (p *pace) spent() bool {
	return p.share > 0 && (p.left() <= 0 || p.now().Sub(p.started) >= p.work)
}

// portion is how many of a kind to take next.
func (p *pace) portion(kind int) int64 {
	if p.sizes[kind] == 0 {
		p.sizes[kind] = portions[kind].first
	}
	return max(1, min(p.sizes[kind], int64(p.left()*float64(portions[kind].most))))
}

// left is what the step may still do, in greatest portions.
func (p *pace) left() float64 { return stepPortions - p.share }

// did notes that n of a kind are done, and makes the next portion longer or shorter.
func (p *pace) did(kind int, n int64) {
	p.spend(kind, n, float64(n)/float64(portions[kind].most))
}

// didRecords is did for Records whose bodies have so many bytes.
func (p *pace) didRecords(n, size int64) {
	p.spend(ofRecords, n, max(float64(n)/float64(portions[ofRecords].most), float64(size)/portionBytes))
}

func (p *pace) spend(kind int, n int64, share float64) {
	took := p.lap()
	p.share += share
	target := p.work / portionShare
	size := cmp.Or(p.sizes[kind], portions[kind].first)
	switch {
	case took > target:
		size = int64(float64(size) * max(0.25, float64(target)/float64(took)))
	case took < target/2 && n >= size: // a portion that was not full tells nothing
		size *= 2
	}
	p.sizes[kind] = min(max(size, portions[kind].least), portions[kind].most)
}

// lap is the time since the last portion, 0 if the clock went back.
func (p *pace) lap() time.Duration {
	now := p.now()
	took := now.Sub(p.mark)
	p.mark = now
	return max(took, 0)
}

// worked is called before the commit.
func (p *pace) worked() { p.lap() }

// end is called after it, and sets how long the next step works.
func (p *pace) end() {
	if p.now == nil { // there was no step
		return
	}
	p.commit = min(max(p.lap(), p.commit*3/4), 4*holdTarget)
	p.held = max(p.mark.Sub(p.started), 0)
	p.work = max(leastWork, min(holdTarget-p.commit, 2*p.work))
	p.now = nil
}
