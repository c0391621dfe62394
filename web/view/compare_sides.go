package view

import "time"

// CompareSides is what handlers did on two sides: in two builds, or in two stretches of time.
type CompareSides struct {
	What     string   // "builds" or "window"
	A, B     string   // what the sides are; "" when there is nothing to compare
	Old, New []Choice // builds to choose from
	Silent   string   // the side in which nothing ran; "" when there are Rows
	Verdict  string
	Rows     []ComparedRow // worst first
	Total    int
}

// ComparedRow is one handler on both sides.
type ComparedRow struct {
	Kind             Kind
	Name, Source     string
	Status           Status
	Change, Sentence string
	CallsA, CallsB   int64
	ErrorsA, ErrorsB int64
	P50A, P50B       time.Duration
	P95A, P95B       time.Duration
	Ratio, Low, High float64 // of the medians, with the interval in which it lies; 0 not judged
}

// ratioText is a change of the median with its interval.
func (r ComparedRow) ratioText() string {
	if r.Ratio <= 0 {
		return "not judged"
	}
	return "×" + digits(r.Ratio, 3) + ", " + digits(r.Low, 3) + " to " + digits(r.High, 3)
}
