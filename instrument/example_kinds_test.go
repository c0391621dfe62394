package instrument_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// shopping runs work in a Record, and prints the spans that it leaves.
func shopping(work func(ctx context.Context)) {
	r := instrument.New(instrument.Config{Sink: printing{}})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "POST /orders", instrument.Source{})})
	defer rec.End()
	work(ctx)
}

type printing struct{}

func (printing) Want(*instrument.Summary) bool { return true }
func (printing) Put(s *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*s, blob, instrument.LiveNames())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, span := range rec.Spans[1:] {
		fmt.Print(span.Handler.Kind, ": ", span.Handler.Name)
		for _, a := range span.Attrs {
			if !slices.Contains([]string{"error.type", "error.message"}, a.Key) {
				fmt.Printf(" %s=%v", a.Key, a.Value)
			}
		}
		if span.Error != "" {
			fmt.Print(" failed: ", span.Error)
		}
		fmt.Println()
	}
}

// Authorisation checks: who may do what, and what was the answer.
var (
	kindAuth   = instrument.RegisterKind("authorisation")
	keySubject = instrument.NewKey("auth.subject")
	keyAllowed = instrument.NewKey("auth.allowed")
)

func init() {
	instrument.DescribeKind(kindAuth, instrument.KindDescription{
		Label: "Authorisation", One: "Check", Columns: []instrument.KindColumn{{Title: "Who", Key: "auth.subject"}, {Title: "Allowed", Key: "auth.allowed"}},
	})
}

// may stands for the app's policy.
func may(ctx context.Context, user, action string) (allowed bool) {
	span := instrument.Leaf(ctx, instrument.NewHandler(kindAuth, action, instrument.Source{}), keySubject.String(user))
	defer func() {
		span.Set(keyAllowed.Bool(allowed))
		span.End(nil)
	}()
	return user == "ann"
}

func ExampleDescribeKind_authorisation() {
	shopping(func(ctx context.Context) {
		may(ctx, "ann", "order.cancel")
		may(ctx, "bob", "order.cancel")
	})
	// Output:
	// authorisation: order.cancel auth.subject=ann auth.allowed=true
	// authorisation: order.cancel auth.subject=bob auth.allowed=false
}

// Feature flags: which variant a request was given, and why.
var (
	kindFlag   = instrument.RegisterKind("feature flag")
	keyVariant = instrument.NewKey("feature_flag.result.variant")
	keyReason  = instrument.NewKey("feature_flag.result.reason")
)

func init() {
	instrument.DescribeKind(kindFlag, instrument.KindDescription{
		Label: "Feature flags", One: "Flag",
		Columns: []instrument.KindColumn{{Title: "Variant", Key: "feature_flag.result.variant"}, {Title: "Why", Key: "feature_flag.result.reason"}},
	})
}

func ExampleDescribeKind_featureFlag() {
	checkout := instrument.NewHandler(kindFlag, "new-checkout", instrument.Source{})
	shopping(func(ctx context.Context) {
		instrument.Event(ctx, checkout, keyVariant.String("on"), keyReason.String("targeting_match"))
	})
	// Output: feature flag: new-checkout feature_flag.result.variant=on feature_flag.result.reason=targeting_match
}

// File storage: what was read and written, and how much.
var (
	kindFile = instrument.RegisterKind("file storage")
	keyFile  = instrument.NewKey("file.path")
	keySize  = instrument.NewKey("file.size")
)

func init() {
	instrument.DescribeKind(kindFile, instrument.KindDescription{
		Label: "Files", One: "Operation",
		Columns: []instrument.KindColumn{{Title: "File", Key: "file.path"}, {Title: "Size", Key: "file.size", Unit: "B", Sum: true}},
	})
}

func ExampleDescribeKind_fileStorage() {
	put := instrument.NewHandler(kindFile, "put", instrument.Source{})
	shopping(func(ctx context.Context) {
		_, span := instrument.Start(ctx, put, keyFile.String("invoices/7.pdf"), keySize.Int(18_230))
		span.End(nil) // what the storage said
		_, span = instrument.Start(ctx, put, keyFile.String("invoices/8.pdf"))
		span.End(errors.New("bucket is read-only"))
	})
	// Output:
	// file storage: put file.path=invoices/7.pdf file.size=18230
	// file storage: put file.path=invoices/8.pdf failed: bucket is read-only
}

// AI calls: which model, and how many tokens went in and out.
var (
	kindAI    = instrument.RegisterKind("ai call")
	keySystem = instrument.NewKey("gen_ai.provider.name")
	keyIn     = instrument.NewKey("gen_ai.usage.input_tokens")
	keyOut    = instrument.NewKey("gen_ai.usage.output_tokens")
)

func init() {
	instrument.DescribeKind(kindAI, instrument.KindDescription{
		Label: "AI calls", One: "Model",
		Columns: []instrument.KindColumn{
			{Title: "Provider", Key: "gen_ai.provider.name"},
			{Title: "Tokens in", Key: "gen_ai.usage.input_tokens", Sum: true}, {Title: "Tokens out", Key: "gen_ai.usage.output_tokens", Sum: true},
		},
	})
}

func ExampleDescribeKind_aiCall() {
	chat := instrument.NewHandler(kindAI, "chat large-2", instrument.Source{})
	shopping(func(ctx context.Context) {
		_, span := instrument.Start(ctx, chat, keySystem.String("example"))
		span.Set(keyIn.Int(812), keyOut.Int(96)) // as the answer says
		span.End(nil)
	})
	// Output: ai call: chat large-2 gen_ai.provider.name=example gen_ai.usage.input_tokens=812 gen_ai.usage.output_tokens=96
}
