package httptap

import (
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// phases are the times of a call, by instrument.Now; 0 is not yet. A transport may connect
// on goroutines of its own and go on when the call is over.
type phases struct {
	mu       sync.Mutex // guards what follows
	zero     int64      // when the call began
	tries    int
	dns      stretch
	connect  stretch
	tls      stretch
	conn     int64 // there is a connection
	wrote    int64 // the request is written
	first    int64 // the first byte of the response
	reused   bool
	idle     time.Duration
	peer     net.Addr
	dialling int // attempts that are under way: two addresses may be tried at once
}

type stretch struct{ from, to int64 }

func (s stretch) time() int64 {
	if s.from == 0 || s.to < s.from {
		return 0
	}
	return s.to - s.from
}

// trace gives hooks that note the times. httptrace calls the app's own beside them.
func (p *phases) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:              p.getConn,
		GotConn:              p.gotConn,
		DNSStart:             func(httptrace.DNSStartInfo) { p.begins(&p.dns) },
		DNSDone:              func(httptrace.DNSDoneInfo) { p.ends(&p.dns) },
		ConnectStart:         p.connectStart,
		ConnectDone:          p.connectDone,
		TLSHandshakeStart:    func() { p.begins(&p.tls) },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { p.ends(&p.tls) },
		WroteRequest:         p.wroteRequest,
		GotFirstResponseByte: p.firstByte,
	}
}

// getConn begins a try: what the one before noted of its connection is void.
func (p *phases) getConn(string) {
	p.mu.Lock()
	p.tries++
	p.dns, p.connect, p.tls, p.conn, p.wrote, p.first, p.dialling = stretch{}, stretch{}, stretch{}, 0, 0, 0, 0
	p.mu.Unlock()
}

func (p *phases) gotConn(info httptrace.GotConnInfo) {
	now := instrument.Now()
	p.mu.Lock()
	p.conn, p.reused, p.idle = now, info.Reused, info.IdleTime
	if info.Conn != nil {
		p.peer = info.Conn.RemoteAddr()
	}
	p.mu.Unlock()
}

// begins and ends note a stretch; once there is a connection, what still goes on is
// another one's.
func (p *phases) begins(s *stretch) {
	now := instrument.Now()
	p.mu.Lock()
	if p.conn == 0 {
		*s = stretch{from: now}
	}
	p.mu.Unlock()
}

func (p *phases) ends(s *stretch) {
	now := instrument.Now()
	p.mu.Lock()
	if p.conn == 0 && s.to == 0 {
		s.to = now
	}
	p.mu.Unlock()
}

// connectStart begins with the first of several addresses.
func (p *phases) connectStart(string, string) {
	now := instrument.Now()
	p.mu.Lock()
	if p.dialling++; p.conn == 0 && p.connect.from == 0 {
		p.connect.from = now
	}
	p.mu.Unlock()
}

// connectDone ends with the first that answers, or with the last that does not.
func (p *phases) connectDone(_, _ string, err error) {
	now := instrument.Now()
	p.mu.Lock()
	if p.dialling--; p.conn == 0 && p.connect.to == 0 && (err == nil || p.dialling <= 0) {
		p.connect.to = now
	}
	p.mu.Unlock()
}

func (p *phases) wroteRequest(httptrace.WroteRequestInfo) {
	now := instrument.Now()
	p.mu.Lock()
	p.wrote = now
	p.mu.Unlock()
}

func (p *phases) firstByte() {
	now := instrument.Now()
	p.mu.Lock()
	if p.first == 0 {
		p.first = now
	}
	p.mu.Unlock()
}

// The phases of a call, which follow each other.
var (
	keyQueue    = instrument.NewKey("http.client.queue.time") // for a connection, beside making one
	keyDNS      = instrument.NewKey("http.client.dns.time")
	keyConnect  = instrument.NewKey("http.client.connect.time")
	keyTLS      = instrument.NewKey("http.client.tls.time")
	keySend     = instrument.NewKey("http.client.send.time")
	keyWait     = instrument.NewKey("http.client.wait.time") // for the first byte
	keyTransfer = instrument.NewKey("http.client.transfer.time")
	keyReused   = instrument.NewKey("http.client.connection.reused")
	keyIdle     = instrument.NewKey("http.client.connection.idle.time") // how long it was not used before
	keyPhase    = instrument.NewKey("http.client.phase")                // in which the call failed
	keyPeer     = instrument.NewKey("network.peer.address")
	keyResent   = instrument.NewKey("http.request.resend_count")
)

// describe appends what is known now. At headers, or when the call failed, the phase
// that was under way ends at now.
func (p *phases) describe(attrs []instrument.Attr, now int64) (all []instrument.Attr, phase string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	add := func(k instrument.Key, ns int64) {
		if ns > 0 {
			attrs = append(attrs, k.Duration(time.Duration(ns)))
		}
	}
	if p.tries == 0 { // a transport that tells nothing
		add(keyWait, now-p.zero)
		return attrs, ""
	}
	phase, made := "queue", int64(0)
	if !p.reused {
		for _, s := range [...]struct {
			name string
			key  instrument.Key
			at   stretch
		}{{"dns", keyDNS, p.dns}, {"connect", keyConnect, p.connect}, {"tls", keyTLS, p.tls}} {
			if s.at.from != 0 && s.at.to == 0 {
				s.at.to = now
				phase = s.name
			}
			add(s.key, s.at.time())
			made += s.at.time()
		}
	}
	add(keyQueue, or(p.conn, now)-p.zero-made)
	if p.conn != 0 {
		sent := or(p.wrote, p.first, now)
		if p.first != 0 {
			sent = min(sent, p.first) // an answer may come before all is sent
		}
		phase = "send"
		add(keySend, sent-p.conn)
		attrs = append(attrs, keyReused.Bool(p.reused))
		if p.wrote != 0 || p.first != 0 {
			phase = "wait"
			add(keyWait, or(p.first, now)-sent)
		}
	}
	add(keyIdle, int64(p.idle))
	if p.tries > 1 {
		attrs = append(attrs, keyResent.Int(p.tries-1))
	}
	if p.peer != nil {
		attrs = append(attrs, keyPeer.String(p.peer.String()))
	}
	return attrs, phase
}

// began is when the response began; 0 is not known.
func (p *phases) began() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first
}

func or(times ...int64) int64 {
	for _, t := range times {
		if t != 0 {
			return t
		}
	}
	return 0
}
