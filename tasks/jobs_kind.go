package tasks

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// sortedDefs are the tasks by kind.
func (c *Client) sortedDefs() []*definition {
	list := make([]*definition, 0, len(c.defs))
	for _, d := range c.defs {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *definition) int { return strings.Compare(a.kind, b.kind) })
	return list
}

// exampleOf is how the arguments of a type look as JSON; nil when there is nothing to see.
func exampleOf(t reflect.Type) json.RawMessage {
	if t == nil {
		return nil
	}
	text, err := json.Marshal(reflect.New(t).Elem().Interface())
	if err != nil || len(text) <= len("{}") {
		return nil
	}
	return text
}

// policyWords says in words how jobs of a task are worked.
func (c *Client) policyWords(def *definition) (words []string) {
	o := def.options
	words = append(words, retryWords(o.Retry.or(c.config.Retry)))
	limit := o.Timeout
	if limit == 0 {
		limit = c.config.Timeout
	}
	if limit > 0 {
		words = append(words, "at most "+shortDuration(limit))
	} else {
		words = append(words, "no time limit")
	}
	if o.Priority != 0 && o.Priority != Normal {
		words = append(words, o.Priority.String()+" priority")
	}
	if o.Expires > 0 {
		words = append(words, "expires after "+shortDuration(o.Expires))
	}
	if o.Unique != (Unique{}) {
		words = append(words, "unique")
	}
	if o.Rate != (Rate{}) {
		words = append(words, fmt.Sprintf("at most %d in %s", o.Rate.Count, shortDuration(o.Rate.Per)))
	}
	return words
}

// retryWords says when a failed job is tried again.
func retryWords(r Retry) string {
	n := r.attempts() - 1
	switch {
	case n <= 0:
		return "no retries"
	case n >= Forever:
		return "retries for ever, the first after up to " + shortDuration(cmp.Or(r.Delay, DefaultDelay))
	case n == 1:
		return "1 retry after up to " + shortDuration(cmp.Or(r.Delay, DefaultDelay))
	}
	return fmt.Sprintf("%d retries, the first after up to %s", n, shortDuration(cmp.Or(r.Delay, DefaultDelay)))
}
