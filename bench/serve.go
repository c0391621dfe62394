package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
)

// requesting serves h on loopback and asks it over one connection. The client is in
// the same process, so it is as small as can be: it knows how long an answer is.
func requesting(e *env, h http.Handler) (op, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return op{}, fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	e.atEnd(func() error {
		err := srv.Shutdown(context.Background())
		if serr := <-served; !errors.Is(serr, http.ErrServerClosed) {
			err = errors.Join(err, serr)
		}
		return err
	})
	c, err := dial(l.Addr().String())
	if err != nil {
		return op{}, err
	}
	e.atEnd(c.conn.Close)
	return op{run: c.ask}, nil
}

// client asks the same thing again and again.
type client struct {
	conn    net.Conn
	request []byte
	answer  []byte // as long as one is
}

func dial(addr string) (*client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	c := &client{conn: conn, request: fmt.Appendf(nil,
		"GET %s?%s HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: bench/1.0\r\nAccept: application/json\r\nAccept-Encoding: identity\r\nCookie: session=0123456789\r\n\r\n",
		mixPath, mixQuery)}
	if c.answer, err = c.first(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// first asks once and checks the answer.
func (c *client) first() ([]byte, error) {
	if _, err := c.conn.Write(c.request); err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	res, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c.conn, &raw)), nil)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK || !bytes.Equal(body, orderJSON) {
		return nil, fmt.Errorf("the server answered %s: %q", res.Status, body)
	}
	return raw.Bytes(), nil
}

var statusOK = []byte("HTTP/1.1 200 OK\r\n")

func (c *client) ask(n int) error {
	for range n {
		if _, err := c.conn.Write(c.request); err != nil {
			return err
		}
		if _, err := io.ReadFull(c.conn, c.answer); err != nil {
			return err
		}
		if !bytes.HasPrefix(c.answer, statusOK) {
			return fmt.Errorf("the server answered %q", c.answer)
		}
	}
	return nil
}
