package view

import "time"

// Call is an outgoing HTTP call, as its panel draws it.
type Call struct {
	Method, URL, Host string
	Code              int // 0: it was not answered
	Proto, Peer       string
	Phases            []Phase // in their order, one after the other; empty: the transport tells none
	Connection        string  // "new", "used again", "" not known
	Idle              time.Duration
	Sent, Received    int64 // bytes; negative not known
	Resent, Redirects int
	FailedIn          string // the phase in which it failed
	Early, Unzipped   bool   // closed before its end; decompressed by the transport

	Header, ResponseHeader string // lines; "" not kept
	Body, ResponseBody     string // "" not kept
	BodyCut, ResponseCut   bool   // there was more than is kept

	Callee *Link  // the Record of who answered; nil: not recorded here, or not known
	Curl   string // a command that makes it again; "" not known
}

// Phase is a part of a call.
type Phase struct {
	Name string // queue, dns, connect, tls, send, wait, transfer
	Time time.Duration
}

// CacheCall is a call of a cache, as its panel draws it.
type CacheCall struct {
	Cache, Operation, Key, Group string
	Result                       string // hit, miss, partial, "" for what is no look-up
	Keys, Hits                   int64  // of several; 0 for one
	Size                         int64  // of the value; negative not known
	TTL                          time.Duration
	Text                         string // the command, where there is one
	Value                        string // "" not kept

	Deletable bool      // the page offers to delete the key
	Deleted   time.Time // when that was done from here; zero: it was not
	Kept      string    // why this key cannot be deleted where others can; "" nothing to say
}

// CacheGroup is what a group of keys did over a longer time, in all Records.
type CacheGroup struct {
	Cache, Group string
	Hits, Misses uint64
}

// Rendered is a template that was executed, as its panel draws it.
type Rendered struct {
	Engine string
	Bytes  int64  // negative not known
	Data   string // names
	Values string // "" not kept
}
