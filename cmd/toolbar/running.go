package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// runningApp is the dashboard of an app that runs, asked instead of its store.
type runningApp struct {
	url, token string
}

// addTo adds the flags that say which app.
func (a *runningApp) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.url, "url", "", "dashboard of a running app to ask instead, as `URL` with its path")
	cmd.Flags().StringVar(&a.token, "token", "", "the dashboard's `token`, where it asks for one (default $TOOLBAR_TOKEN)")
}

const (
	// askTime is how long a running app may take to answer.
	askTime = 10 * time.Second
	// maxAnswer is how many bytes its answer may have.
	maxAnswer = 64 << 20
)

// get asks for a path below api/v1/ and reads the answer's JSON into v. The noun says
// what v holds.
func (a *runningApp) get(ctx context.Context, path string, params url.Values, noun string, v any) error {
	base, err := url.Parse(a.url)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return fmt.Errorf("--url: %q is no address of a dashboard: write it like http://127.0.0.1:8080/_toolbar/", a.url)
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	to := base.JoinPath("api/v1", path)
	at := to.String()
	to.RawQuery = params.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
	if err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	if token := cmp.Or(a.token, os.Getenv("TOOLBAR_TOKEN")); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return failed(fmt.Errorf("ask the app: %w", err))
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return failed(fmt.Errorf("ask the app: %w", err))
	}
	switch {
	case res.StatusCode == http.StatusNotFound:
		return failed(fmt.Errorf("%s: there is no dashboard, or none for you: is the path right, and does it want a --token?", at))
	case res.StatusCode != http.StatusOK:
		return failed(fmt.Errorf("%s answered %s", at, res.Status))
	}
	if err := json.Unmarshal(body, v); err != nil {
		return failed(errors.Join(fmt.Errorf("%s answered something else than %s", at, noun), err))
	}
	return nil
}
