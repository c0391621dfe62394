package slogtap

import (
	"context"
	"log/slog"
	"slices"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// ids adds ids to lines outside of all groups. A handler can only add where it stands, so
// the handler from before the first group is kept, and the way from there to the present
// one is gone again for a line in a group. All methods of nil do nothing.
type ids struct {
	names   [2]string    // of the trace's and the Record's; "": not added
	taken   [2]bool      // the app has an attribute of that name
	outside slog.Handler // without groups
	way     []step       // from there
}

// step is one WithGroup or WithAttrs.
type step struct {
	group string // "": attrs
	attrs []slog.Attr
}

func (d *ids) withAttrs(next slog.Handler, attrs []slog.Attr) *ids {
	if d == nil {
		return nil
	}
	c := *d
	if len(d.way) > 0 {
		c.way = append(slices.Clip(d.way), step{attrs: attrs})
		return &c
	}
	c.outside = next
	for _, a := range attrs {
		c.note(a.Key)
	}
	return &c
}

func (d *ids) withGroup(name string) *ids {
	if d == nil {
		return nil
	}
	c := *d
	c.way = append(slices.Clip(d.way), step{group: name})
	return &c
}

// note remembers that the app uses a name.
func (d *ids) note(key string) {
	for i, name := range d.names {
		d.taken[i] = d.taken[i] || key == name
	}
}

func (d *ids) handle(ctx context.Context, h *Handler, rec *instrument.Recording, r slog.Record) error {
	own := *d
	if len(d.way) == 0 {
		r.Attrs(func(a slog.Attr) bool {
			own.note(a.Key)
			return true
		})
	}
	var room [2]slog.Attr
	added := room[:0]
	if name := own.names[0]; name != "" && !own.taken[0] {
		added = append(added, slog.String(name, rec.TraceContext().TraceID.String()))
	}
	if name := own.names[1]; name != "" && !own.taken[1] {
		added = append(added, slog.String(name, rec.ID().String()))
	}
	if len(added) == 0 {
		return h.next.Handle(ctx, r)
	}
	if len(d.way) == 0 {
		r = r.Clone()
		r.AddAttrs(added...)
		return h.next.Handle(ctx, r)
	}
	next := d.outside.WithAttrs(added)
	for _, s := range d.way {
		if s.group != "" {
			next = next.WithGroup(s.group)
		} else {
			next = next.WithAttrs(s.attrs)
		}
	}
	return next.Handle(ctx, r)
}
