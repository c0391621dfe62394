package main

import "github.com/go-debug-toolbar/debugtoolbar/web/view"

// waited is the order on a database with too few connections.
func waited() view.Record {
	m := browsed()
	t := &tree{spans: m.Spans}
	setup := func(kind view.Kind, name string, start, dur float64) {
		t.add(7, kind, name, start, dur, func(s *view.Span) {
			s.Setup, s.Attrs = true, []view.Attr{{Key: "db.system.name", Value: "sqlite"}}
		})
	}
	setup("connect", "sqlite", 4.1, 1.7)
	setup("disconnect", "sqlite", 320, 0.4)
	setup("prepare", "INSERT INTO orders (user_id, total, state) VALUES (?, ?, ?)", 5.8, 0.2)
	m.Spans = t.spans
	for i := range m.Spans {
		if m.Spans[i].Name == "UPDATE customer_stats" {
			m.Spans[i].Waited, m.PoolWait = ms(38), ms(38)
		}
		if m.Spans[i].Name == "INSERT river_job" {
			m.Spans[i].Stack[0].Excerpt = &view.Excerpt{First: 17, Line: 19, Lines: []string{
				"func (s *Sync) queue(ctx context.Context, o Order) error {", "\targs := SyncArgs{Order: o.ID}",
				"\t_, err := s.db.ExecContext(ctx, insertJob, args.Kind(), args, \"crm\")", "\treturn err", "}",
			}}
		}
	}
	return m
}

// planned is order with the plans of its statements, of which one was kept.
func planned() view.Record {
	m := order()
	m.Explains = map[string]view.Explain{}
	for _, s := range m.Spans {
		if s.Kind == view.KindQuery {
			m.Explains[s.Text] = view.Explain{
				Kept: "SCAN products\n  All rows of the table are read.", Plan: "SEARCH products  USING INTEGER PRIMARY KEY (rowid=?)",
				Path: "/_toolbar/explain", Proof: "1a2b3c",
			}
		}
	}
	return m
}
