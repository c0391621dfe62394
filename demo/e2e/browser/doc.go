// Package browser looks at the toolbar in the shop's pages and at the dashboard with a real browser: Chromium, headless. What
// a browser has to say (console messages, errors of scripts, refusals by a content policy, addresses of other hosts) fails
// the test that made it say so.
//
//	go test ./e2e/browser -args -shots /tmp/shots    # also keep pictures of every page
package browser
