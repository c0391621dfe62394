package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

// The JSON form of OTLP's ExportTraceServiceRequest (opentelemetry-proto 1.x): names
// in camel case, ids in hexadecimal, numbers of 64 bits as texts.
type (
	otlpRequest struct {
		Resource []otlpResource `json:"resourceSpans"`
	}
	otlpResource struct {
		Resource struct {
			Attributes []otlpKV `json:"attributes"`
		} `json:"resource"`
		Scopes []otlpScope `json:"scopeSpans"`
	}
	otlpScope struct {
		Scope struct {
			Name string `json:"name"`
		} `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	otlpSpan struct {
		TraceID    string      `json:"traceId"`
		SpanID     string      `json:"spanId"`
		Parent     string      `json:"parentSpanId,omitempty"`
		Name       string      `json:"name"`
		Kind       int         `json:"kind"`
		Start      string      `json:"startTimeUnixNano"`
		End        string      `json:"endTimeUnixNano"`
		Attributes []otlpKV    `json:"attributes,omitempty"`
		Events     []otlpEvent `json:"events,omitempty"`
		Status     *otlpStatus `json:"status,omitempty"`
	}
	otlpKV struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpValue struct {
		String *string  `json:"stringValue,omitempty"`
		Int    *string  `json:"intValue,omitempty"`
		Double *float64 `json:"doubleValue,omitempty"`
		Bool   *bool    `json:"boolValue,omitempty"`
	}
	otlpEvent struct {
		Time       string   `json:"timeUnixNano"`
		Name       string   `json:"name"`
		Attributes []otlpKV `json:"attributes,omitempty"`
	}
	otlpStatus struct {
		Code    int    `json:"code"`
		Message string `json:"message,omitempty"`
	}
)

// Span kinds and status codes of OTLP.
const (
	otlpInternal, otlpServer, otlpClient, otlpConsumer = 1, 2, 3, 5
	otlpError                                          = 2
)

func exportOTLP(records []*instrument.Record, out io.Writer) error {
	scope := otlpScope{}
	scope.Scope.Name = "github.com/go-debug-toolbar/debugtoolbar"
	for _, rec := range records {
		scope.Spans = append(scope.Spans, otlpSpans(rec)...)
	}
	resource := otlpResource{Scopes: []otlpScope{scope}}
	resource.Resource.Attributes = []otlpKV{otlpAttr("telemetry.sdk.language", "go")}
	b, err := json.Marshal(otlpRequest{[]otlpResource{resource}})
	if err != nil {
		return fmt.Errorf("encode records: %w", err)
	}
	_, err = fmt.Fprintln(out, report.EscapeJSON(string(b)))
	return err
}

// otlpSpans are the spans of a Record, with the ids that they had while it ran.
func otlpSpans(rec *instrument.Record) []otlpSpan {
	trace := rec.Trace.TraceID
	if trace == (instrument.TraceID{}) {
		h := fnv.New128a()
		fmt.Fprint(h, rec.ID)
		copy(trace[:], h.Sum(nil))
	}
	ids := make([]string, len(rec.Spans))
	for i := range rec.Spans {
		ids[i] = rec.SpanID(i).String()
	}
	spans := make([]otlpSpan, len(rec.Spans))
	for i := range rec.Spans {
		s := &rec.Spans[i]
		start := rec.Start + int64(s.Start)
		spans[i] = otlpSpan{
			TraceID: trace.String(), SpanID: ids[i], Name: valid(s.Handler.Name), Kind: otlpKind(s.Handler.Kind),
			Start: strconv.FormatInt(start, 10), End: strconv.FormatInt(start+int64(s.Duration), 10),
			Attributes: otlpAttrs(s),
		}
		if s.Parent >= 0 && s.Parent < len(ids) {
			spans[i].Parent = ids[s.Parent]
		} else {
			spans[i].Parent = rec.Caller.String()
		}
		if s.Flags.Has(instrument.FlagError) {
			spans[i].Status = &otlpStatus{otlpError, valid(s.Error)}
			spans[i].Events = []otlpEvent{otlpException(s, start)}
		}
	}
	return spans
}

func otlpKind(k instrument.Kind) int {
	switch k {
	case instrument.KindRequest:
		return otlpServer
	case instrument.KindQuery, instrument.KindCache, instrument.KindCall:
		return otlpClient
	case instrument.KindTask:
		return otlpConsumer
	}
	return otlpInternal
}

func otlpAttrs(s *instrument.RecordSpan) []otlpKV {
	list := []otlpKV{otlpAttr("toolbar.kind", s.Handler.Kind.String())}
	if src := s.Handler.Source; src.File != "" {
		list = append(list, otlpAttr("code.function.name", src.Func), otlpAttr("code.file.path", src.File), otlpAttr("code.line.number", int64(src.Line)))
	}
	for _, a := range s.Attrs {
		list = append(list, otlpAttr(a.Key, a.Value))
	}
	return list
}

func otlpException(s *instrument.RecordSpan, start int64) otlpEvent {
	e := otlpEvent{Time: strconv.FormatInt(start+int64(s.Duration), 10), Name: "exception", Attributes: []otlpKV{otlpAttr("exception.message", s.Error)}}
	var stack strings.Builder
	for _, f := range s.Stack {
		fmt.Fprintf(&stack, "%s\n\t%s:%d\n", f.Func, f.File, f.Line)
	}
	if stack.Len() > 0 {
		e.Attributes = append(e.Attributes, otlpAttr("exception.stacktrace", stack.String()))
	}
	return e
}

func otlpAttr(key string, value any) otlpKV {
	kv := otlpKV{Key: valid(key)}
	switch v := value.(type) {
	case int64:
		text := strconv.FormatInt(v, 10)
		kv.Value.Int = &text
	case time.Duration:
		seconds := v.Seconds()
		kv.Value.Double = &seconds
	case float64:
		kv.Value.Double = &v
	case bool:
		kv.Value.Bool = &v
	default:
		text := valid(fmt.Sprint(v))
		kv.Value.String = &text
	}
	return kv
}

// valid makes a text UTF-8: OTLP's readers refuse everything else.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
