package view

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Dur writes a duration with its unit and three significant digits: "1.9 µs", "612 ms", "1.21 s", "191 s", "51 min",
// "7 days". Zero is "0 ms".
func Dur(d time.Duration) string {
	n, unit := durParts(d)
	return n + " " + unit
}

// durParts splits a duration into a number and its unit, because the unit is set quieter.
func durParts(d time.Duration) (number, unit string) {
	if d < 0 {
		n, u := durParts(-d)
		return "−" + n, u
	}
	switch {
	case d == 0:
		return "0", "ms"
	case d < time.Microsecond:
		return strconv.FormatInt(int64(d), 10), "ns"
	case d < 999500*time.Nanosecond:
		return digits(float64(d)/1e3, 3), "µs"
	case d < 999500*time.Microsecond:
		return digits(float64(d)/1e6, 3), "ms"
	case d < 10*time.Minute:
		return digits(d.Seconds(), 3), "s"
	case d < 100*time.Minute:
		return digits(d.Minutes(), 2), "min"
	case d < 48*time.Hour:
		return digits(d.Hours(), 2), "h"
	default:
		return Count(int64(d.Hours() / 24)), "days"
	}
}

// digits writes f with n significant digits and no trailing zeros; whole numbers keep all their digits.
func digits(f float64, n int) string {
	if f == 0 {
		return "0"
	}
	places := n - 1 - int(math.Floor(math.Log10(math.Abs(f))))
	if places <= 0 {
		return Count(int64(math.Round(f)))
	}
	s := strconv.FormatFloat(f, 'f', places, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// Ms writes milliseconds for a column whose head names the unit: "612", "14", "1.7", "0.042", "1,204".
// What is under 100 ns is "<0.0001"; zero is "0".
func Ms(d time.Duration) string {
	ms := float64(d) / 1e6
	switch {
	case d == 0:
		return "0"
	case d < 0:
		return "−" + Ms(-d)
	case ms < 0.0001:
		return "<0.0001"
	case ms >= 9.95:
		return Count(int64(math.Round(ms)))
	default:
		return digits(ms, 2)
	}
}

// Count writes a whole number with separators: "12,418".
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Bytes writes a size in binary units: "48 KiB", "212 MiB", "1 GiB".
func Bytes(n int64) string {
	if n < 1024 {
		return Count(n) + " B"
	}
	f, units := float64(n), "KMGTPE"
	i := -1
	for f >= 1023.5 && i < len(units)-1 {
		f /= 1024
		i++
	}
	return digits(f, 3) + " " + string(units[i]) + "iB"
}

// Percent writes a share of 0 to 1: "64 %", "0.31 %", "<0.01 %". What is not quite all is never "100 %".
func Percent(share float64) string {
	p := share * 100
	switch {
	case share == 0 || math.IsNaN(p) || math.IsInf(p, 0):
		return "0 %"
	case p < 0.01:
		return "<0.01 %"
	case p < 0.995:
		return digits(p, 2) + " %"
	case p < 100 && p >= 99.5:
		return digits(math.Floor(p*10)/10, 3) + " %"
	default:
		return digits(math.Round(p), 3) + " %"
	}
}

// Ago writes how long before now t was: "just now", "51 min ago", "3 days ago"; a zero t is "never".
func Ago(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := now.Sub(t)
	switch {
	case d < -time.Second:
		return "in " + age(-d)
	case d < time.Second:
		return "just now"
	default:
		return age(d) + " ago"
	}
}

// age writes a duration in whole units, as people say an age.
func age(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return Count(int64(d.Seconds())) + " s"
	case d < 2*time.Hour:
		return Count(int64(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return Count(int64(d.Hours())) + " h"
	default:
		return Count(int64(d.Hours()/24)) + " days"
	}
}

// wholeDur writes a configured duration without rounding where it is a whole number of a unit: "1 h", "15 min",
// "7 days".
func wholeDur(d time.Duration) string {
	for _, u := range []struct {
		d    time.Duration
		name string
	}{{24 * time.Hour, "days"}, {time.Hour, "h"}, {time.Minute, "min"}} {
		if d >= u.d && d%u.d == 0 {
			if d == 24*time.Hour {
				return "24 h"
			}
			return Count(int64(d/u.d)) + " " + u.name
		}
	}
	return Dur(d)
}

// Clock writes the time of day to the millisecond: "14:32:07.418".
func Clock(t time.Time) string { return t.Format("15:04:05.000") }

// clockFor writes the time of day, with the date before it when it is another day than now.
func clockFor(t, now time.Time) string {
	t = t.In(now.Location())
	if now.IsZero() || sameDay(t, now) {
		return Clock(t)
	}
	return t.Format("2 Jan 15:04:05")
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}

// Share returns d as a share of whole, 0 to 1; with no whole it is 0.
func Share(d, whole time.Duration) float64 {
	if whole <= 0 || d <= 0 {
		return 0
	}
	return min(1, float64(d)/float64(whole))
}

// plural writes a count with its noun: "1 span", "74 spans".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "y") {
		return Count(n) + " " + strings.TrimSuffix(noun, "y") + "ies"
	}
	return Count(n) + " " + noun + "s"
}

// pct writes a share as an SVG length.
func pct(share float64) string {
	return strconv.FormatFloat(share*100, 'f', 2, 64) + "%"
}

// cut shortens a text that is shown in one line; the full text belongs into a title.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// scale is the unit in which the times of one table are written, so that they can be compared by eye.
type scale struct {
	unit   string
	div    time.Duration
	places int
}

// scaleFor chooses the unit by the longest time.
func scaleFor(longest time.Duration) scale {
	switch {
	case longest >= 10*time.Second:
		return scale{"s", time.Second, 2}
	case longest >= time.Second:
		return scale{"ms", time.Millisecond, 0}
	case longest >= 10*time.Millisecond:
		return scale{"ms", time.Millisecond, 1}
	case longest >= time.Millisecond:
		return scale{"ms", time.Millisecond, 3}
	default:
		return scale{"µs", time.Microsecond, 1}
	}
}

// num writes d in the unit of the scale.
func (s scale) num(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	f := float64(d) / float64(s.div)
	out := strconv.FormatFloat(f, 'f', s.places, 64)
	if strings.Trim(out, "-0.") == "" {
		// Beside hundreds of milliseconds a few microseconds are little, but they are not nothing.
		if math.Abs(f) < 0.0001 {
			return "<0.0001"
		}
		return digits(f, 1)
	}
	whole, frac, cut := strings.Cut(out, ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil && n != 0 {
		whole = Count(n)
	}
	if !cut {
		return whole
	}
	return whole + "." + frac
}

// with writes d with the unit of the scale.
func (s scale) with(d time.Duration) string { return s.num(d) + " " + s.unit }
