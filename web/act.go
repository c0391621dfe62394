package web

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// Action is something that a viewer may do beside looking.
type Action string

// The actions. Config.May is asked for each.
const (
	ActPin        Action = "pin"        // keep a Record, or let it go
	ActTag        Action = "tag"        // set a Record's tags
	ActDelete     Action = "delete"     // remove Records
	ActTasks      Action = "tasks"      // retry, cancel, pause
	ActEnqueue    Action = "enqueue"    // queue a job with arguments of one's own
	ActExport     Action = "export"     // take a copy of the whole store; no change, so also where all is read-only
	ActExceptions Action = "exceptions" // say of exceptions that they are resolved, ignored, or open again
	ActCache      Action = "cache"      // delete a key from one of the app's caches
	ActLogs       Action = "logs"       // follow one browser's log lines
	ActRecording  Action = "recording"  // pause recording in the process that answers, and resume it
	ActRun        Action = "run"        // EXPLAIN, tests of receivers: what makes the app do something
)

// may reports whether the viewer has the right to an action.
func (d *Dashboard) may(r *http.Request, a Action) bool {
	if d.config.ReadOnly || d.editor == nil {
		return false
	}
	return d.config.May == nil || d.config.May(r, a)
}

// sameOrigin reports whether a request comes from a page of this origin, or proves
// itself by a token that no browser sends on its own.
func (d *Dashboard) sameOrigin(r *http.Request) bool {
	if sent, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && d.config.Gate.Token != "" && same(sent, d.config.Gate.Token) {
		return true
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	u, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && u.Host != "" && u.Host == r.Host
}

// act changes something and says to what.
type act func(d *Dashboard, r *http.Request) (target string, err error)

// form is an action of the dashboard.
type form struct {
	right func(r *http.Request) Action
	// first may answer instead, before rights are asked for: with a question, or with
	// a page that changes nothing.
	first func(d *Dashboard, w http.ResponseWriter, r *http.Request) (done bool)
	do    act
}

// forms are the actions by their path.
var forms = map[string]form{
	"marks":      {right: markRight, first: (*Dashboard).marks, do: mark},
	"filters":    {right: always(ActTag), do: saveFilter},
	"tasks":      {right: always(ActTasks), first: (*Dashboard).sureJobs, do: steer},
	"enqueue":    {right: always(ActEnqueue), do: enqueue},
	"exceptions": {right: always(ActExceptions), do: judge},
	"cache":      {right: always(ActCache), first: (*Dashboard).sureKey, do: deleteKey},
	"logs":       {right: always(ActLogs), do: follow},
	"recording":  {right: always(ActRecording), do: switchRecording},
	"explain":    {right: always(ActRun), do: explainQuery},
}

func always(a Action) func(*http.Request) Action { return func(*http.Request) Action { return a } }

// maxForm bounds what a form of the dashboard sends.
const maxForm = 256 << 10

// post serves an action. Each needs the same origin, the page's own proof and the right
// to it; each is logged, done or refused. Afterwards the viewer is sent back.
func (d *Dashboard) post(f form) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		d := d.seen(r)
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "The form could not be read: "+err.Error(), http.StatusBadRequest)
			return
		}
		if !d.sameOrigin(r) || !d.proves(r.PostForm.Get("proof")) {
			http.Error(w, "This form is not from a page of this dashboard, or from one that is older than the app's last start: load the page again.", http.StatusForbidden)
			return
		}
		if f.first != nil && f.first(d, w, r) {
			return
		}
		a := f.right(r)
		name := Action(cmp.Or(r.PostForm.Get("do"), string(a)))
		if !d.may(r, a) {
			d.audit(r, name, "", errNoRight)
			http.Error(w, "You may look here and not change this: the app's configuration (ReadOnly, May) says so.", http.StatusForbidden)
			return
		}
		target, err := f.do(d, r)
		d.audit(r, name, target, err)
		if err != nil {
			http.Error(w, "That was not done: "+err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Location", d.back(r.PostForm.Get("back")))
		w.WriteHeader(http.StatusSeeOther)
	}
}

var errNoRight = errors.New("refused: no right to it")

// back is the page that a form came from: a path of this dashboard and nothing else.
func (d *Dashboard) back(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, d.base.Path()) || strings.Contains(u.Path, "..") {
		return d.base.Path()
	}
	return u.RequestURI()
}

// newKey signs the proofs of one process.
func newKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return key
}

// proof is what a form carries so that it is known to be from a page of this process:
// pages of other origins cannot read it. It is another one each time, because a page
// that is compressed would tell by its length what in it never changes.
func (d *Dashboard) proof() string {
	n := rand.Text()
	return n + "." + d.sign(n)
}

func (d *Dashboard) proves(proof string) bool {
	n, sig, ok := strings.Cut(proof, ".")
	return ok && same(sig, d.sign(n))
}

func (d *Dashboard) sign(n string) string {
	mac := hmac.New(sha256.New, d.key)
	mac.Write([]byte(n))
	return encode32(mac.Sum(nil))
}
