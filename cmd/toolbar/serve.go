package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// serveFlags are the flags of "toolbar serve" as they were given.
type serveFlags struct {
	db, addr string
}

func newServe() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [FILE]",
		Short: "Serve the dashboard over a store, for reading",
		Long: `Serve the dashboard over a store, for reading, until Ctrl-C. FILE is a store, or a zip that
'toolbar export --format zip' made; without it the one of --db is served.

Only this machine may look, whatever the address; nothing can be changed.`,
		Example: `  toolbar serve
  toolbar serve slow-checkout.zip
  toolbar serve --addr 127.0.0.1:9000 backup.db`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := f.db
			if len(args) == 1 {
				path = args[0]
			}
			return f.run(cmd.Context(), path, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	addDB(cmd, &f.db)
	cmd.Flags().StringVar(&f.addr, "addr", "127.0.0.1:0", "`address` to listen on, of this machine; port 0 takes a free one")
	return cmd
}

func (f *serveFlags) run(ctx context.Context, path string, out, errs io.Writer) (err error) {
	host, _, err := net.SplitHostPort(f.addr)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--addr: %q is no address of this machine alone: use 127.0.0.1 and a port", f.addr)
	}
	if filepath.Ext(path) == ".zip" {
		unpacked, remove, err := unpackStore(path)
		if err != nil {
			return failed(err)
		}
		defer remove()
		path = unpacked
	}
	return withStore(ctx, path, func(s *store.Store) error {
		dashboard, err := web.New(web.Config{
			Store: s, Prefix: "/_toolbar/", App: filepath.Base(path), ReadOnly: true, Excerpts: true,
			Logger: slog.New(slog.NewTextHandler(errs, nil)),
		})
		if err != nil {
			return failed(err)
		}
		return failedIf(serve(ctx, f.addr, dashboard, out))
	})
}

func failedIf(err error) error {
	if err == nil {
		return nil
	}
	return failed(err)
}

// serve listens until ctx is done.
func serve(ctx context.Context, addr string, dashboard http.Handler, out io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/_toolbar/", dashboard)
	mux.Handle("/{$}", http.RedirectHandler("/_toolbar/", http.StatusSeeOther))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	if _, err := fmt.Fprintf(out, "http://%s/_toolbar/\nCtrl-C ends it.\n", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if server.Shutdown(closing) != nil {
			server.Close()
		}
		err = <-ended
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
