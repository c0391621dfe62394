package toolbar_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify/webhook"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// A chat is told of what fails, with a link to the dashboard; what is merely slow is left
// to those who look at the pages.
func ExampleConfig_notify() {
	chat := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message struct{ Text string }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			panic(err)
		}
		fmt.Println(message.Text[:len("🔴 *[shop] new error in")])
	}))
	defer chat.Close()
	send, err := webhook.Chat(chat.URL+"/services/T000/B000/secret", webhook.Options{})
	if err != nil {
		panic(err)
	}
	tb, err := toolbar.New(toolbar.Config{
		Path: ":memory:", Service: "shop", PublicURL: "https://shop.example.com", NotDefault: true,
		Notify: func(ctx context.Context, n notify.Notification) error {
			if n.Severity != notify.Error {
				return nil
			}
			return send(ctx, n)
		},
	})
	if err != nil {
		panic(err)
	}
	app := tb.Wrap(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return errors.New("no rows") }))
	app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/orders/7", nil))
	if err := tb.Close(context.Background()); err != nil {
		panic(err)
	}
	// Output: 🔴 *[shop] new error in
}
