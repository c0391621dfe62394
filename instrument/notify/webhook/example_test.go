package webhook_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify/webhook"
)

// A webhook gets each Notification as JSON.
func ExampleJSON() {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println(r.Header.Get("Authorization"))
		fmt.Println(string(body))
	}))
	defer other.Close()
	send, err := webhook.JSON(other.URL, webhook.Options{Header: http.Header{"Authorization": {"Bearer abc"}}})
	if err != nil {
		panic(err)
	}
	err = send(context.Background(), notify.Notification{
		State: notify.Began, Service: "shop", Host: "web-1", URL: "https://shop.example.com/_toolbar/handlers/one?kind=receiver&name=ship",
		Condition: notify.Condition{
			Rule: "handler-fails", Severity: notify.Error, Title: "receiver ship fails", Text: "3 of 40 calls in the last minutes.",
			Kind: "receiver", Handler: "ship", Count: 3, Of: 40, Path: "/_toolbar/handlers/one?kind=receiver&name=ship",
		},
	})
	fmt.Println(err)
	// Output:
	// Bearer abc
	// {"state":"began","at":"0001-01-01T00:00:00Z","since":"0001-01-01T00:00:00Z","rule":"handler-fails","severity":"error","title":"receiver ship fails","text":"3 of 40 calls in the last minutes.","kind":"receiver","handler":"ship","count":3,"of":40,"path":"/_toolbar/handlers/one?kind=receiver\u0026name=ship","url":"https://shop.example.com/_toolbar/handlers/one?kind=receiver\u0026name=ship","service":"shop","host":"web-1"}
	// <nil>
}
