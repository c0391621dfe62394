package web

import (
	"net"
	"sync"
	"time"
)

const (
	maxGuesses   = 10          // wrong tokens of one peer
	maxAppTokens = 1000        // those on the app's paths, where they may be right for the app
	guessWindow  = time.Minute // in which they count
	maxGuessers  = 1024        // peers that are remembered
	unknownGuess = "?"         // of peers beyond these
)

// guesses counts wrong tokens by peer. The methods of a nil one count nothing. A token is
// too long to be guessed; this keeps a short one of a user's own making from being tried
// a thousand times a second.
type guesses struct {
	mu    sync.Mutex // guards what follows
	since time.Time  // when the window began
	wrong map[guesser]int
	now   func() time.Time
}

// guesser is a peer, on the dashboard's paths or on the app's.
type guesser struct {
	peer string
	own  bool
}

func newGuesses() *guesses { return &guesses{wrong: map[guesser]int{}, now: time.Now} }

// allowed reports whether the peer may try.
func (g *guesses) allowed(remote string, own bool) bool {
	if g == nil {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn()
	limit := maxAppTokens
	if own {
		limit = maxGuesses
	}
	return g.wrong[g.key(remote, own)] < limit
}

// failed counts a wrong token.
func (g *guesses) failed(remote string, own bool) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn()
	g.wrong[g.key(remote, own)]++
}

// turn begins a new window when the last one is over. Called with mu held.
func (g *guesses) turn() {
	if now := g.now(); now.Sub(g.since) >= guessWindow || now.Before(g.since) {
		g.since = now
		clear(g.wrong)
	}
}

// key is the peer without its port. Called with mu held.
func (g *guesses) key(remote string, own bool) guesser {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	k := guesser{host, own}
	if _, known := g.wrong[k]; !known && len(g.wrong) >= maxGuessers {
		k.peer = unknownGuess
	}
	return k
}
