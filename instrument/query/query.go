// Package query is the vocabulary in which a store is asked and answers.
package query

import "github.com/go-debug-toolbar/debugtoolbar/instrument/store"

type (
	Records      = store.RecordQuery
	Handlers     = store.HandlerQuery
	Series       = store.SeriesQuery
	RecordPage   = store.RecordPage
	Row          = store.Row
	Cursor       = store.Cursor
	HandlerStats = store.HandlerStats
	Point        = store.Point
	KindCounts   = store.KindCounts
	Process      = store.Process
	Health       = store.Health
)

const (
	Newest  = store.Newest
	Oldest  = store.Oldest
	Slowest = store.Slowest
)

var ErrNotFound = store.ErrNotFound
