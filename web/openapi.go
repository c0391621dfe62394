package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

// apiParams are the parameters of the paths below api/v1/.
var apiParams = map[string]string{
	"range":     "The window of time: 15m, 1h, 24h or 7d; \"all\" where statistics are asked for. Otherwise an hour; of the overview the last quarter of it while nothing was before.",
	"kind":      "A kind: request, command, task, signal, receiver, layer, view, query, ...",
	"q":         "A filter, as on the page: status:5xx dur>200ms",
	"sort":      "A column: duration, code, sql (statements), sqltime, signals, name, user, note, size (of the answer) or cost (of recording), the largest first. Otherwise the newest are first.",
	"dir":       "\"asc\" puts the oldest, or the least, first.",
	"deeper":    "1 to 3: a search that was not complete goes on, each time with four times as much time.",
	"before":    "Where the page begins: the cursor that the one before it gave.",
	"id":        "The id of a Record.",
	"page":      "The name of a page of the app's own.",
	"pending":   "With \"1\", a Record that is not stored yet is 204 instead of 404.",
	"name":      "The name of a handler, exactly.",
	"a":         "The id of a Record.",
	"b":         "The id of another, or \"median\" for that of the first one's handler.",
	"state":     "A state of jobs: available, running, scheduled, retryable, discarded, cancelled, completed or pending. Several are any of them.",
	"queue":     "The name of a queue.",
	"tag":       "A tag of jobs.",
	"worker":    "The id of a worker that tried the job.",
	"after":     "Where the page begins: the next that the one before it gave.",
	"job":       "The number of a job.",
	"is":        "What people said of an exception: open, new, reopened, resolved, ignored or all. Otherwise those that are open.",
	"only":      "\"panics\" or \"reported\" exceptions alone.",
	"order":     "How exceptions are ordered: last or first (seen), count or users, the greatest first. Otherwise by last.",
	"service":   "The name of a service: what its processes have brought, alone. What is not counted apart for it is of all; the page of the same address says so.",
	"process":   "The id of a process, as the list of processes has it: what it has brought, alone. Statistics are kept apart for each process for a day.",
	"exception": "The fingerprint of an exception.",
	"browser":   "The name of a browser that is followed. Otherwise the last one.",
	"show":      "Which routes: called, never (called), failed or unlisted. Otherwise all.",
	"find":      "A text in the pattern or in what serves it, in whatever case.",
	"at":        "The byte of q at which somebody types.",
}

// apiOpenAPI describes api/v1 in OpenAPI 3.1. The schemas come from the types that are
// written, so that the description cannot say anything else than the answers.
func apiOpenAPI(d *Dashboard, _ *http.Request) (any, error) {
	s := schemas{}
	paths := map[string]any{}
	for path, route := range apiRoutes {
		paths["/"+path] = map[string]any{"get": route.operation(s)}
	}
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "Go Debug Toolbar", "version": "1",
			"description": "What the dashboard shows, as JSON. Durations are nanoseconds and end in _ns; times are RFC 3339. Fields are added, never renamed or taken away.",
		},
		"servers":    []any{map[string]any{"url": d.base.Path() + "api/v1"}},
		"paths":      paths,
		"components": map[string]any{"schemas": map[string]any(s)},
	}, nil
}

func (route apiRoute) operation(s schemas) map[string]any {
	params := []any{}
	for _, name := range route.params {
		in := "query"
		switch name {
		case "id", "job", "exception", "page":
			in = "path"
		}
		params = append(params, map[string]any{"name": name, "in": in, "required": in == "path", "description": apiParams[name], "schema": map[string]any{"type": "string"}})
	}
	schema := map[string]any{"type": "object"}
	if route.answer != nil {
		schema = s.of(reflect.TypeOf(route.answer))
	}
	if route.own {
		schema = map[string]any{} // anything
	}
	content := func(schema any) map[string]any {
		return map[string]any{"application/json": map[string]any{"schema": schema}}
	}
	failed := s.of(reflect.TypeFor[apiError]())
	answers := map[string]any{
		"200": map[string]any{"description": route.says, "content": content(schema)},
		"400": map[string]any{"description": "A parameter cannot be read; the error says which.", "content": content(failed)},
	}
	if route.missing {
		answers["404"] = map[string]any{"description": "There is no such thing, or not any more.", "content": content(failed)}
	}
	if route.own {
		answers["406"] = map[string]any{"description": "It gives nothing as JSON.", "content": content(failed)}
	}
	if route.later {
		answers["204"] = map[string]any{"description": "It is not stored yet."}
	}
	return map[string]any{"summary": route.says, "parameters": params, "responses": answers}
}

// schemas are JSON schemas by the name of their Go type.
type schemas map[string]any

// of is the schema of a type as encoding/json writes it.
func (s schemas) of(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[json.RawMessage]():
		return map[string]any{} // whatever the app wrote
	case t == reflect.TypeFor[jobs.Counts]():
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "integer"}}
	case t.Implements(reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.object(t)
	case reflect.Interface:
		return map[string]any{}
	}
	return map[string]any{"type": "integer"}
}

// promoted tells whether a field of an embedded struct is written among those of t.
func promoted(t reflect.Type, f reflect.StructField) bool {
	for i := range f.Index[:len(f.Index)-1] {
		if in := t.FieldByIndex(f.Index[:i+1]); !in.Anonymous || in.Tag.Get("json") != "" {
			return false
		}
	}
	return true
}

// object is the schema of a struct, once under its name.
func (s schemas) object(t reflect.Type) map[string]any {
	name := strings.ToUpper(t.Name()[:1]) + strings.TrimSuffix(t.Name()[1:], "JSON")
	if strings.HasSuffix(t.PkgPath(), "/instrument/jobs") && !strings.HasPrefix(name, "Job") {
		name = "Job" + name // the dashboard has kinds, too
	}
	ref := map[string]any{"$ref": "#/components/schemas/" + name}
	if _, done := s[name]; done {
		return ref
	}
	properties, required := map[string]any{}, []string{}
	s[name] = properties // before its fields, which may hold the same type
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous && f.Tag.Get("json") == "" || len(f.Index) > 1 && !promoted(t, f) {
			continue // its own fields are written in its place
		}
		field, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || field == "-" {
			continue
		}
		if field == "" {
			field = f.Name
		}
		properties[field] = s.of(f.Type)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			required = append(required, field)
		}
	}
	slices.Sort(required)
	s[name] = map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	return ref
}
