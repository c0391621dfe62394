package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// fetchTime is how long an app may take to send a copy of its store.
	fetchTime = 5 * time.Minute
	// fetchEvery is how often tail and top fetch a new copy at most: each is a reading of
	// the whole store.
	fetchEvery = 2 * time.Second
	// maxStore is how many bytes such a copy may have.
	maxStore = 8 << 30
)

// isAddress tells the address of a dashboard from a file's name.
func isAddress(path string) bool {
	return strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://")
}

// fetchStore gets a copy of a running app's store, into a folder of its own that remove
// takes away. The token for the dashboard is the environment's TOOLBAR_TOKEN.
func fetchStore(ctx context.Context, address string) (path string, remove func(), err error) {
	base, err := url.Parse(address)
	if err != nil || base.Host == "" {
		return "", nil, fmt.Errorf("--db: %q is no address of a dashboard: write it like http://127.0.0.1:8080/_toolbar/", address)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	at := base.JoinPath("api/v1/store").String()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", nil, fmt.Errorf("--db: %w", err)
	}
	if token := os.Getenv("TOOLBAR_TOKEN"); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return "", nil, failed(fmt.Errorf("ask the app: %w", err))
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return "", nil, failed(fmt.Errorf("%s: there is no dashboard, or none for you: is the path right, and does it want a token in TOOLBAR_TOKEN?", at))
	default:
		return "", nil, failed(fmt.Errorf("%s answered %s", at, res.Status))
	}
	folder, err := os.MkdirTemp("", "toolbar-fetch-")
	if err != nil {
		return "", nil, failed(err)
	}
	remove = func() { os.RemoveAll(folder) }
	path = filepath.Join(folder, "toolbar.db")
	if err := saveStore(res.Body, path); err != nil {
		remove()
		return "", nil, failed(fmt.Errorf("copy the store of %s: %w", address, err))
	}
	return path, remove, nil
}

func saveStore(from io.Reader, path string) (err error) {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	n, err := io.Copy(out, io.LimitReader(from, maxStore+1))
	if err == nil && n > maxStore {
		err = fmt.Errorf("it has more than %d bytes", int64(maxStore))
	}
	return err
}

// onlyFile refuses an address where a command works on the file itself.
func onlyFile(command, path string) error {
	if isAddress(path) {
		return fmt.Errorf("%s works on a file, not on a running app: name the store with --db", command)
	}
	return nil
}
