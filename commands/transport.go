package commands

import "net/http"

// The headers that [Transport] sets.
const (
	HeaderCommand = "X-Command"     // the command's name
	HeaderRun     = "X-Command-Run" // the run's id
)

// Transport says in requests that commands make which command makes them, for the
// log of whoever answers. Requests whose context belongs to no run pass unchanged.
// next sends them; nil is http.DefaultTransport.
func Transport(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return transport{next}
}

type transport struct{ next http.RoundTripper }

// RoundTrip sends a request.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if run := FromContext(r.Context()); run != nil {
		r = r.Clone(r.Context())
		r.Header.Set(HeaderCommand, run.Name)
		r.Header.Set(HeaderRun, run.ID)
	}
	return t.next.RoundTrip(r)
}
