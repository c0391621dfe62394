package e2e_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

var update = flag.Bool("update", false, "write docs/openapi.json anew")

// openAPI is as much of an OpenAPI file as the test needs.
type openAPI struct {
	Paths map[string]map[string]struct {
		Parameters []struct{ Name, In string }
		Responses  map[string]struct {
			Content map[string]struct{ Schema map[string]any }
		}
	}
	Components struct{ Schemas map[string]map[string]any }
}

func TestOpenAPI_TheFileIsWhatTheAppServes(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	const file = "../../docs/openapi.json"
	var served bytes.Buffer
	if err := json.Indent(&served, []byte(e2etest.Text(t, a.API("openapi.json"))), "", "  "); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, served.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, served.Bytes()) {
		t.Errorf("%s is not what is served: run go test ./e2e -run OpenAPI -update", file)
	}
}

func TestOpenAPI_DescribesEveryAnswer(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	v.Get("/products/FH-101")
	order := v.Order()
	a.Flush()
	job := e2etest.Get[tasksOf](t, a.API("tasks")).Jobs.Jobs[0].ID
	failed := e2etest.Get[struct{ Exceptions []struct{ ID string } }](t, a.API("exceptions")).Exceptions
	if len(failed) == 0 {
		t.Fatal("an order has receivers that fail, and no exception is listed")
	}
	doc := e2etest.Get[openAPI](t, a.API("openapi.json"))
	for path, methods := range doc.Paths {
		op := methods["get"]
		ok := op.Responses["200"].Content["application/json"].Schema
		if ok == nil {
			t.Errorf("%s has no schema for its answer", path)
			continue
		}
		params := url.Values{}
		for _, p := range op.Parameters {
			if p.In == "query" && (strings.HasPrefix(path, "/handlers/one") || path == "/compare") {
				params.Set(p.Name, map[string]string{"kind": "receiver", "name": "send-confirmation", "range": "1h", "a": order, "b": order}[p.Name])
			}
		}
		address := strings.NewReplacer("{id}", order, "{job}", job, "{exception}", failed[0].ID).Replace(path[1:]) + "?" + params.Encode()
		check := func(status int, body string, schema map[string]any) {
			t.Helper()
			var got any
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Errorf("%s: %d: %v", address, status, err)
				return
			}
			for _, wrong := range doc.mismatches("answer", got, schema) {
				t.Errorf("%s: %s", address, wrong)
			}
		}
		if path == "/openapi.json" || path == "/report" || path == "/pages/{page}" { // these are described elsewhere, the last by the app
			continue
		}
		status, body := e2etest.Fetch(t, a.API(address))
		if status != http.StatusOK {
			t.Errorf("%s: status %d: %s", address, status, body)
			continue
		}
		check(status, body, ok)
		if gone, may := op.Responses["404"]; may && strings.Contains(path, "{id}") {
			status, body := e2etest.Fetch(t, a.API(strings.ReplaceAll(path[1:], "{id}", "0000001000401")))
			if status != http.StatusNotFound {
				t.Errorf("%s of a Record that is gone: status %d", path, status)
			}
			check(status, body, gone.Content["application/json"].Schema)
		}
	}
}

// mismatches are the ways in which a value is not what a schema says.
func (doc openAPI) mismatches(at string, v any, schema map[string]any) (wrong []string) {
	if ref, ok := schema["$ref"].(string); ok {
		schema = doc.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
		if schema == nil {
			return []string{at + ": no schema " + ref}
		}
	}
	is := func(ok bool) []string {
		if ok {
			return nil
		}
		return []string{fmt.Sprintf("%s is %.60v, want %v", at, v, schema["type"])}
	}
	switch schema["type"] {
	case "string":
		s, ok := v.(string)
		if ok && schema["format"] == "date-time" {
			_, err := time.Parse(time.RFC3339Nano, s)
			ok = err == nil
		}
		return is(ok)
	case "boolean":
		_, ok := v.(bool)
		return is(ok)
	case "number":
		_, ok := v.(float64)
		return is(ok)
	case "integer":
		n, ok := v.(float64)
		return is(ok && n == math.Trunc(n))
	case "array":
		items, ok := v.([]any)
		for i, item := range items {
			wrong = append(wrong, doc.mismatches(fmt.Sprintf("%s[%d]", at, i), item, schema["items"].(map[string]any))...)
		}
		return append(wrong, is(ok)...)
	case "object":
		object, ok := v.(map[string]any)
		if !ok {
			return is(false)
		}
		properties, _ := schema["properties"].(map[string]any)
		for name, value := range object {
			if p, known := properties[name].(map[string]any); known {
				wrong = append(wrong, doc.mismatches(at+"."+name, value, p)...)
			} else if more, open := schema["additionalProperties"].(map[string]any); open {
				wrong = append(wrong, doc.mismatches(at+"."+name, value, more)...)
			} else {
				wrong = append(wrong, at+" has "+name+", which is not described")
			}
		}
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, there := object[name.(string)]; !there {
				wrong = append(wrong, fmt.Sprintf("%s has no %v, which is required", at, name))
			}
		}
	}
	return wrong
}

func TestOpenAPI_APageIsJSONForWhoAsks(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	order := e2etest.NewVisitor(t, a.URL).Order()
	a.Flush()
	for _, path := range []string{"", "requests", "requests/" + order, "requests/" + order + "/sql", "handlers", "handlers/one?kind=request&name=" + url.QueryEscape("POST /orders"),
		"signals", "middleware", "queries", "commands", "exceptions", "slow", "health", "compare?a=" + order + "&b=" + order} {
		for accept, want := range map[string]string{
			"application/json": "application/json", "text/html,application/json;q=0.9": "text/html; charset=utf-8",
			"text/html,application/xhtml+xml,*/*;q=0.8": "text/html; charset=utf-8", "": "text/html; charset=utf-8",
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.Page(path), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept", accept)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != want || !slices.Contains(res.Header.Values("Vary"), "Accept") {
				t.Errorf("%s for %q: status %d, %q, Vary %q", path, accept, res.StatusCode, res.Header.Get("Content-Type"), res.Header.Values("Vary"))
			}
		}
	}
}
