package instrument_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var resize = instrument.NewHandler(instrument.KindCustom, "resize", instrument.Source{})

// A stretch of an app's own work becomes a span, and its handler has statistics.
func ExampleStart() {
	r := instrument.New(instrument.Config{})
	defer r.SetEnabled(false)
	root := instrument.NewHandler(instrument.KindRequest, "GET /photo", instrument.Source{})

	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: root})
	for _, err := range []error{nil, errors.New("not an image")} {
		_, span := instrument.Start(ctx, resize)
		span.End(err)
	}
	rec.End()

	s := r.Stats(resize)
	fmt.Println(s.Count, "calls,", s.Errors, "failed")
	// Output: 2 calls, 1 failed
}

// Integrations add kinds of their own; store and pages need not know them.
func ExampleRegisterKind() {
	mail := instrument.RegisterKind("mail")
	fmt.Println(mail, instrument.NewHandler(mail, "welcome", instrument.Source{}).Name())
	// Output: mail welcome
}

// Ids grow with time, so that a window of time is a range of ids.
func ExampleFirstID() {
	id, _ := instrument.ParseID("06bmc4s00g4r0")
	fmt.Println(id, id.Time().UTC().Format("2006-01-02"), instrument.FirstID(id.Time()) <= id)
	// Output: 06bmc4s00g4r0 2021-09-24 true
}
