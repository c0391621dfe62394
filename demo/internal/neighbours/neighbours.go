// Package neighbours holds the two services that the shop calls over HTTP: the calendar of the workshop's kilns, and the booking
// office of the courier. They stand for programs of their own, on a port of their own, which happen to be watched by the same
// toolbar: a call of the shop leads to the Record of who answered it.
package neighbours

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The addresses of the services, for who calls them through the Transport.
const (
	Workshop = "http://workshop.fernhill.test"
	Courier  = "http://courier.test"
)

// Firing is what the workshop answers to GET /firings/{shape}: when a kiln with such pieces is opened next.
type Firing struct {
	Shape  string    `json:"shape"`
	Opens  time.Time `json:"opens"`
	Pieces int       `json:"pieces"`
}

// Booking is what the courier wants in POST /bookings.
type Booking struct {
	Order    int64  `json:"order"`
	Tracking string `json:"tracking"`
}

// Server is both services. It is safe for concurrent use.
type Server struct {
	listener  net.Listener
	server    *http.Server
	transport *http.Transport
	log       *slog.Logger

	mu     sync.Mutex // guards called
	called map[int64]int
}

// Open starts the services on a free port of this machine. wrap, where it is not nil, is put around what they serve; log takes
// their lines, nil = nobody does.
func Open(wrap func(http.Handler) http.Handler, log *slog.Logger) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the shop's neighbours: %w", err)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Server{listener: listener, log: log, called: map[int64]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /firings/{shape}", s.firing)
	mux.HandleFunc("POST /bookings", s.book)
	var h http.Handler = mux
	if wrap != nil {
		h = wrap(h)
	}
	var dialer net.Dialer
	s.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, listener.Addr().String())
		},
		MaxIdleConnsPerHost: 8,
	}
	s.server = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the neighbours are gone", slog.Any("error", err))
		}
	}()
	return s, nil
}

// Transport carries calls to the services, whatever host they name.
func (s *Server) Transport() *http.Transport { return s.transport }

// Close stops the services at once.
func (s *Server) Close() error {
	s.transport.CloseIdleConnections()
	return s.server.Close()
}

// firing looks into the calendar: the kilns are opened on Fridays.
func (s *Server) firing(w http.ResponseWriter, r *http.Request) {
	shape := r.PathValue("shape")
	now := time.Now()
	friday := now.AddDate(0, 0, (int(time.Friday-now.Weekday())+6)%7+1)
	s.log.InfoContext(r.Context(), "calendar asked", slog.String("logger", "workshop"), slog.String("shape", shape))
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(Firing{shape, time.Date(friday.Year(), friday.Month(), friday.Day(), 10, 0, 0, 0, now.Location()), 6 * len(shape)})
}

// maxBooking is more than any booking has.
const maxBooking = 4 << 10

// book takes a parcel. The office's line is often busy: it answers every second parcel only when called again, and every seventh
// not at all.
func (s *Server) book(w http.ResponseWriter, r *http.Request) {
	var b Booking
	if err := json.NewDecoder(io.LimitReader(r.Body, maxBooking)).Decode(&b); err != nil || b.Order <= 0 || strings.TrimSpace(b.Tracking) == "" {
		http.Error(w, "a booking needs an order and a tracking number", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.called[b.Order]++
	calls := s.called[b.Order]
	s.mu.Unlock()
	switch {
	case b.Order%7 == 0:
		panic(http.ErrAbortHandler) // the line is cut
	case b.Order%2 == 0 && calls < 2:
		s.log.WarnContext(r.Context(), "all lines are busy", slog.String("logger", "courier"), slog.Int64("order", b.Order))
		w.Header().Set("Retry-After", "1")
		http.Error(w, "all lines are busy", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(struct {
		Parcel string `json:"parcel"`
		Comes  string `json:"comes"`
	}{b.Tracking, "tomorrow"})
}
