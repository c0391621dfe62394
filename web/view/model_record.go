package view

import "time"

// Record is one Record with everything in it. Its panels are derived from Spans, so that the waterfall, the
// panels and the totals cannot disagree.
type Record struct {
	ID    string
	Short string // first characters of the id; "" is the whole
	Kind  Kind

	Method string
	Name   string // path or command line, as it came
	Route  string // pattern or handler; "" not known

	Code     int
	CodeText string // "Created"; "" leaves it out
	Status   Status
	Badges   []Badge // further findings: "1 receiver failed", "N+1 ×41"

	Start    time.Time
	Duration time.Duration
	Running  bool

	User      string
	Process   string
	Build     string
	BytesIn   int64 // negative is not known
	BytesOut  int64
	OwnCost   time.Duration // what recording this cost; 0 not known
	Tags      []string
	TraceID   string
	Median    time.Duration // of this route; 0 not known
	SlowOver  time.Duration // the limit that applies; 0 none
	Inferred  int           // spans that were attributed without a context
	TimedOut  bool
	ClientErr string // the client went away, and how

	Spans []Span
	Caps  []Cap // what was left out, by kind
	// Flattened is how many spans stood deeper than Depth levels: they are shown there.
	Flattened, Depth int

	// Verdict is the opening sentence; nil lets the page derive it from the spans.
	Verdict *Verdict

	Causes       []Link   // what led to this, outermost first
	Consequences []Link   // what this led to
	Jobs         []JobRow // that it queued, as they are now

	// Request is nil for Records that are not requests, Command for those that are not commands.
	Request *Request
	Command *Command

	// Findings are what was found wrong, with place and fix. With DerivesFindings the page adds what the
	// spans show: repeated queries, slow steps, calls that could run together, lost contexts.
	Findings        []Alert
	DerivesFindings bool
	AlertsOff       map[string]bool // rules that the configuration switches off

	PoolWait       time.Duration // of statements for connections; 0: none, or nobody looked
	QueryNotes     []QueryNote   // what the statements show together
	Page           *PageTiming   // nil: no browser has sent it
	Runtime        []Attr        // readings of the Go runtime
	Versions       []Attr        // the process and its build; empty: not known
	Modules        []Attr
	ModulesChanged []Attr // against the build before
	Settings       []AttrGroup

	Kinds []KindShape // that the app has described

	CacheForm   *Form        // where keys are deleted; nil: none can be
	CacheGroups []CacheGroup // over a day, as far as they are known
	OtherCaches []string     // that this Record did not use

	Explains map[string]Explain // plans of its statements, by the statement

	CopyAs  []CopyAs
	Compare string       // address that compares this Record with its route's median; "" none
	Pinned  bool         // kept until somebody unpins it
	Forms   *RecordForms // nil: nothing can be done with it

	Panel string // "" is the waterfall; see [Panels]
	Prev  string // id of the previous Record of this route, "" none
	Next  string
}

// Explain is how a database would run a statement, as far as somebody asked.
type Explain struct {
	Plan  string // drawn as a tree; "" not asked yet
	Kept  string // the one that was asked for when the statement had been slow; "" none was
	Error string // why there is none
	Took  time.Duration
	Path  string // where to ask; "" for who may not, and for what cannot be asked
	Proof string
}

// Badge is a short finding beside a title.
type Badge struct {
	Status Status
	Text   string
}

// Cap is what a limit left out.
type Cap struct {
	Kind  Kind
	Name  string // like which span; "" any
	Count int64
	Limit int64 // the cap, 0 not known
}

// Verdict says in one sentence where the time went.
type Verdict struct {
	Lead   string // "Mostly waiting for"
	Kind   Kind
	Name   string // the place
	Span   int    // its index; negative for none
	In     string // what it was called from; "" for none
	InKind Kind
	InSpan int
	Time   time.Duration
	More   string // a further sentence; "" for none
}

// Link is another Record in the same chain of causes.
type Link struct {
	ID       string // "" when it is not kept
	Kind     Kind
	Name     string
	Status   Status
	Duration time.Duration
	Note     string // "ran 2.1 s later, attempt 1"
	Depth    int    // of a consequence: how many lie between
}

// Request is what came in over HTTP and what went out, masked when it was recorded.
type Request struct {
	Proto, Host, Remote, Scheme string
	URL                         string // with query, masked
	Pattern                     string
	View                        string // handler that served it
	PathValues                  []Attr
	Query                       []Attr
	Form                        []Attr
	Cookies                     []Attr
	Session                     []Attr
	Header                      []Attr
	ResponseHeader              []Attr
	SetCookies                  []Attr
	SessionChanged              string // "cart changed; user added"; "" nothing did
	Files                       []Attr // uploads
	Redirects                   []Redirect
	Body, ResponseBody          *Body // nil: not kept
	Attrs                       []Attr
}

// Redirect is a request of a chain of redirects.
type Redirect struct {
	ID       string
	Method   string
	URL      string
	Code     int
	Location string // where it sent the client; "" it answered
	Current  bool
}

// Body is a captured body.
type Body struct {
	Kind  string // json, form, multipart, text, xml, binary, encoded, file, asset
	Text  string // "" when it was not kept
	Why   string // why it was not
	Flaw  string // what is wrong with it: "not JSON from byte 6 on"
	Bytes int64  // its length as it was announced; negative not known
	Read  int64  // how much of it the handler read; negative not known
	Cut   bool   // there was more than is kept
}

// Attr is a name with a value.
type Attr struct {
	Key, Value string
	Type       string // Go type or unit, "" for none
	Masked     bool   // the value was removed when it was recorded
}

// Span is one step of a Record.
type Span struct {
	Parent   int // index of the parent, negative for the first
	Kind     Kind
	Name     string        // as a row says it: "SELECT products", "send-confirmation"
	Handler  string        // key of its statistics; "" none
	Start    time.Duration // from the Record's start
	Duration time.Duration
	Running  bool // not ended when the Record was sealed

	Err      string // "" none
	Panicked bool
	Slow     bool
	Limit    time.Duration // over which it counts as slow; 0 none
	Skipped  string        // why it was not called; "" it was
	Queued   bool          // handed to a task
	Inferred bool          // found by its goroutine: no context was passed
	Note     string        // after the name: "1 receiver", "queued: crm.sync"

	// Group joins spans of one parent into a row, as a fingerprint does for queries; "" never.
	Group string
	// Text is the whole statement, message, address or exception.
	Text string
	// Runnable is the statement with its parameters put in; "" when none were kept.
	Runnable string
	Verb     string   // of a statement: SELECT, INSERT, BEGIN; "" not known
	Tables   []string // that a statement reads or writes
	// Duplicates is how often the Record ran the statement with these parameters, this
	// run included; 0: only here, or the parameters are not known.
	Duplicates int
	// Waited is how long a statement waited for a connection before it began; 0: not, or
	// nobody looked.
	Waited time.Duration
	// Setup marks what was asked of a database beside statements: to connect, to prepare.
	Setup    bool
	Level    string // of a log line: DEBUG, INFO, WARN, ERROR
	Logger   string // of a log line: who logged it
	Call     *Call
	Cached   *CacheCall
	Rendered *Rendered
	Rows     int64 // read or written; negative not known
	Attrs    []Attr
	Source   string // file:line
	Stack    []Frame
}

// Frame is one line of a stack.
type Frame struct {
	Func   string
	Source string // file:line
	Own    bool   // of the app, not of a library
	// Excerpt are the lines around; nil when they are not known.
	Excerpt *Excerpt
}

// CopyAs is a Record in another form, to be copied.
type CopyAs struct {
	Label string // "cURL"
	Href  string // where it is
}

// QueryNote is something that the statements of a Record show together, each in a sentence.
type QueryNote struct {
	Title string
	Items []NoteItem
}

// NoteItem is a sentence about a span.
type NoteItem struct {
	Text string
	Time time.Duration
	Span int // negative for none
}
