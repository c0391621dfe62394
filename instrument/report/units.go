package report

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// FormatDuration writes three digits and a unit: "388 ms", "1.24 s", "16.7 min".
func FormatDuration(d time.Duration) string {
	switch {
	case d >= 1000*time.Hour:
		return group(uint64(d/time.Hour)) + " h"
	case d >= 10*time.Hour:
		return digits(d.Hours()) + " h"
	case d >= 1000*time.Second:
		return digits(d.Minutes()) + " min"
	case d >= 999500*time.Microsecond:
		return digits(d.Seconds()) + " s"
	case d >= 999500*time.Nanosecond:
		return digits(float64(d)/1e6) + " ms"
	case d >= time.Microsecond:
		return digits(float64(d)/1e3) + " µs"
	case d == 0:
		return "0"
	}
	return strconv.FormatInt(int64(d), 10) + " ns"
}

// digits keeps three significant digits of a number from 1 to below 1000.
func digits(f float64) string {
	switch {
	case f >= 99.95:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case f >= 9.995:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

// percent writes a share; what is there but rounds to nothing is "<1 %".
func percent(share float64) string {
	p := math.Round(share * 100)
	if p == 0 && share > 0 {
		return "<1 %"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + " %"
}

// group writes a number with commas between thousands.
func group(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// about marks a count that was read from a histogram.
func about(n uint64, isAbout bool) string {
	if isAbout {
		return "~" + group(n)
	}
	return group(n)
}

func plural(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return group(n) + " " + many
}

// window says in words what the report covers.
func (o Options) window() string {
	const day, minute = "2 Jan 2006 15:04", "15:04 MST"
	from, to := o.Since, o.Until
	switch {
	case from.IsZero() && to.IsZero():
		return "all that was recorded"
	case to.IsZero():
		return "since " + from.Format(day+" MST")
	case from.IsZero():
		return "until " + to.Format(day+" MST")
	case from.YearDay() == to.YearDay() && from.Year() == to.Year():
		return from.Format(day) + " to " + to.Format(minute)
	}
	return from.Format(day) + " to " + to.Format(day+" MST")
}

// title is how a handler is called in a sentence.
func title(h instrument.HandlerInfo) string { return h.Kind.String() + " " + h.Label() }

// kindName is a kind for tables. Kinds are words of integrations; one that is
// something else does not break the page.
func kindName(k instrument.Kind) string {
	return strings.Map(func(c rune) rune {
		if c == '_' || c == '-' || unicode.IsLetter(c) || unicode.IsDigit(c) {
			return c
		}
		return '_'
	}, k.String())
}

// FormatBytes writes three digits and a unit of 1024: "4.20 MiB".
func FormatBytes(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f, unit := float64(n)/1024, 0
	for f >= 999.5 && unit < 4 {
		f, unit = f/1024, unit+1
	}
	return digits(f) + " " + [...]string{"KiB", "MiB", "GiB", "TiB", "PiB"}[unit]
}
