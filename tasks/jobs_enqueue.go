package tasks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

// Enqueue queues a job of a task that the Client knows, by hand. args are the task's
// arguments as a page of a job shows them: a JSON object without fields that the task does
// not have. What does not fit is refused with a [*jobs.ArgsError].
func (s *Source) Enqueue(ctx context.Context, kind string, args json.RawMessage) (id string, err error) {
	def := s.client.defs[kind]
	if def == nil {
		return "", fmt.Errorf("queue a job of %q: %w", kind, jobs.ErrNotFound)
	}
	encoded, err := def.check(args)
	if err != nil {
		return "", &jobs.ArgsError{Kind: kind, Err: err}
	}
	params, err := s.client.insertParams(def, def.options, encoded, nil)
	if err != nil {
		return "", err
	}
	results, err := s.client.insert(ctx, nil, []river.InsertManyParams{params})
	if err != nil {
		return "", fmt.Errorf("queue a job of %q: %w", kind, err)
	}
	s.counted.drop()
	return strconv.FormatInt(results[0].Job.ID, 10), nil
}

// check reads arguments as the task would, and writes them as it would have.
func (d *definition) check(args []byte) ([]byte, error) {
	value := reflect.New(d.args)
	if isObject(d.args) {
		if err := strict(args, value.Interface()); err != nil {
			return nil, err
		}
		return json.Marshal(value.Interface())
	}
	var wrapped struct {
		Value json.RawMessage `json:"value"`
	}
	if err := strict(args, &wrapped); err != nil {
		return nil, err
	}
	if wrapped.Value == nil {
		return nil, errors.New(`the field "value" is missing: the task takes ` + d.args.String())
	}
	if err := strict(wrapped.Value, value.Interface()); err != nil {
		return nil, err
	}
	wrapped.Value = nil
	text, err := json.Marshal(value.Interface())
	if err != nil {
		return nil, err
	}
	wrapped.Value = text
	return json.Marshal(wrapped)
}

// strict reads one JSON value and refuses fields that v does not have.
func strict(text []byte, v any) error {
	if t := bytes.TrimSpace(text); len(t) == 0 || bytes.Equal(t, []byte("null")) {
		return errors.New("they are empty: write a JSON object, {} where all may stay as it is")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("there is more behind the JSON object")
	}
	return nil
}
