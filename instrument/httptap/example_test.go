package httptap_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/httptap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// An app's client reports its calls; the Record has them with their status and where
// they went, without the token.
func ExampleTransport() {
	rates := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Traceparent") != "" {
			fmt.Println("the call carries its trace")
		}
		io.WriteString(w, "1.08")
	}))
	defer rates.Close()

	client := &http.Client{Transport: httptap.Transport(http.DefaultTransport)}

	sink := &recorded{}
	recorder := instrument.New(instrument.Config{Sink: sink, Masker: mask.Default()})
	defer recorder.SetEnabled(false)
	ctx, rec := recorder.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET /prices", instrument.Source{})})
	req, _ := http.NewRequestWithContext(ctx, "GET", rates.URL+"/rates?token=s3cret", nil)
	res, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	rec.End()

	call := sink.recs[0].Spans[1]
	for _, kv := range call.Attrs {
		switch kv.Key {
		case "http.response.status_code", "http.response.body.size":
			fmt.Println(kv.Key, kv.Value)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	// Output:
	// the call carries its trace
	// http.response.status_code 200
	// http.response.body.size 4
}
