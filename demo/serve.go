package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/traffic"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify/webhook"
)

// serve is the shop as a web server.
type serve struct {
	addr        string
	options     app.Options
	traffic     time.Duration
	concurrency int
	chat        string
	verbose     bool
}

// run opens the shop and serves until ctx is done.
func (s *serve) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if s.verbose {
		s.options.Log = slog.NewTextHandler(stderr, nil)
	}
	if s.options.Notify, err = s.notified(); err != nil {
		return err
	}
	a, err := app.New(ctx, s.options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	slog.SetDefault(a.Log) // failures of signal receivers are logged there

	listener, err := listen(s.addr)
	if err != nil {
		return err
	}
	base := "http://" + host(listener.Addr().(*net.TCPAddr))
	s.greet(stdout, listener.Addr().String(), base)

	server := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	visitors := s.visitors(ctx, stdout, base)
	select {
	case <-ctx.Done():
		fmt.Fprintln(stdout, "Closing the shop ...")
		err = shutdown(server)
	case err = <-served:
	}
	<-visitors
	return err
}

// notified tells a chat of alerts, or who reads the log.
func (s *serve) notified() (notify.Func, error) {
	if s.chat != "" {
		return webhook.Chat(s.chat, webhook.Options{})
	}
	if !s.verbose {
		return nil, nil
	}
	log := slog.New(s.options.Log)
	return func(ctx context.Context, n notify.Notification) error {
		log.WarnContext(ctx, n.Subject(), "state", n.State, "rule", n.Rule, "page", n.Path)
		return nil
	}, nil
}

// visitors lets people in for as long as was asked and closes the channel once they have left.
func (s *serve) visitors(ctx context.Context, stdout io.Writer, base string) <-chan struct{} {
	gone := make(chan struct{})
	if s.traffic <= 0 {
		close(gone)
		return gone
	}
	go func() {
		defer close(gone)
		fmt.Fprintf(stdout, "Visitors come for %v ...\n", s.traffic)
		sum := traffic.Play(ctx, base, traffic.Options{For: s.traffic, Concurrency: s.concurrency, Password: shop.DemoPassword})
		fmt.Fprintln(stdout, "Visitors have left:", sum)
		if sum.FirstFailure != nil {
			fmt.Fprintln(stdout, "The first failure:", sum.FirstFailure)
		}
	}()
	return gone
}

// grace is how long a shutdown waits for requests under way.
const grace = 2 * time.Second

// shutdown ends the server; live pages of the dashboard hold their connections open and are cut off after the grace.
func shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}

// ports is how many ports are tried when the first is taken.
const ports = 20

// listen takes addr or, where its port is taken, one of the next.
func listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("read -addr: %w", err)
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("read -addr: the port is no number: %w", err)
	}
	var taken error
	for n := first; n < first+ports; n++ {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(n)))
		if err == nil {
			return l, nil
		}
		if taken == nil {
			taken = err
		}
	}
	return nil, fmt.Errorf("listen on %s or one of the next %d ports: %w", addr, ports-1, taken)
}

// host is how this machine's browser reaches the address. The toolbar answers loopback names only.
func host(a *net.TCPAddr) string {
	if a.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(a.Port))
	}
	return a.String()
}

func (s *serve) greet(out io.Writer, addr, base string) {
	if _, port, err := net.SplitHostPort(s.addr); err == nil && port != "0" && !hasPort(addr, port) {
		fmt.Fprintf(out, "%s is taken, so the shop is on %s.\n", s.addr, addr)
	}
	fmt.Fprintf(out, `Fernhill is open.

  Shop       %[1]s/
  Dashboard  %[1]s/_toolbar/
  Metrics    %[1]s/_toolbar/metrics

  Log in as %[2]s, or as %[3]s for the back office; the password is %[4]s.
  Order something and open the bar on the page: one receiver is slow, one fails, one panics.
  With -traffic 2m visitors do it for you. Ctrl-C closes the shop.

`, base, store.CustomerEmail, store.KeeperEmail, shop.DemoPassword)
}

func hasPort(addr, port string) bool {
	_, have, err := net.SplitHostPort(addr)
	return err == nil && have == port
}
