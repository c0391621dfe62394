package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

func TestDur_ThreeDigitsAndAUnit(t *testing.T) {
	t.Parallel()
	for in, want := range map[time.Duration]string{
		0:                         "0 ms",
		7:                         "7 ns",
		999:                       "999 ns",
		1900:                      "1.9 µs",
		84200:                     "84.2 µs",
		999499:                    "999 µs",
		999500:                    "1 ms",
		1050 * time.Microsecond:   "1.05 ms",
		612400 * time.Microsecond: "612 ms",
		999600 * time.Microsecond: "1 s",
		1210 * time.Millisecond:   "1.21 s",
		191400 * time.Millisecond: "191 s",
		51 * time.Minute:          "51 min",
		3 * time.Hour:             "3 h",
		7 * 24 * time.Hour:        "7 days",
		-1900:                     "−1.9 µs",
	} {
		if got := view.Dur(in); got != want {
			t.Errorf("Dur(%d) = %q, want %q", in, got, want)
		}
	}
}

func TestMs_KeepsWhatMattersInAColumn(t *testing.T) {
	t.Parallel()
	for in, want := range map[time.Duration]string{
		0:                           "0",
		42:                          "<0.0001",
		1900:                        "0.0019",
		84200:                       "0.084",
		420 * time.Microsecond:      "0.42",
		800 * time.Microsecond:      "0.8",
		1700 * time.Microsecond:     "1.7",
		9940 * time.Microsecond:     "9.9",
		9960 * time.Microsecond:     "10",
		14 * time.Millisecond:       "14",
		1204 * time.Millisecond:     "1,204",
		13038499 * time.Microsecond: "13,038",
	} {
		if got := view.Ms(in); got != want {
			t.Errorf("Ms(%d) = %q, want %q", in, got, want)
		}
	}
}

func TestCount_SeparatesThousands(t *testing.T) {
	t.Parallel()
	for in, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 12418: "12,418", 1234567: "1,234,567", -12418: "−12,418"} {
		if got := view.Count(in); got != want {
			t.Errorf("Count(%d) = %q, want %q", in, got, want)
		}
	}
}

func TestBytes_BinaryUnits(t *testing.T) {
	t.Parallel()
	for in, want := range map[int64]string{0: "0 B", 1023: "1,023 B", 1024: "1 KiB", 1843: "1.8 KiB", 48 << 10: "48 KiB", 212 << 20: "212 MiB", 1<<30 - 1: "1 GiB", 1 << 30: "1 GiB"} {
		if got := view.Bytes(in); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", in, got, want)
		}
	}
}

func TestPercent_NeverRoundsToAllOrNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, "0 %"}, {0.00001, "<0.01 %"}, {0.0031, "0.31 %"}, {0.64, "64 %"}, {0.996, "99.6 %"}, {0.9999, "99.9 %"}, {1, "100 %"}, {2.5, "250 %"},
	} {
		if got := view.Percent(c.in); got != c.want {
			t.Errorf("Percent(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestAgo_WholeUnits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 14, 32, 8, 0, time.UTC)
	for in, want := range map[time.Duration]string{
		0: "just now", 46 * time.Second: "46 s ago", 119 * time.Second: "119 s ago", 51 * time.Minute: "51 min ago",
		3 * time.Hour: "3 h ago", 72 * time.Hour: "3 days ago", -time.Minute: "in 60 s",
	} {
		if got := view.Ago(now.Add(-in), now); got != want {
			t.Errorf("Ago(%v before) = %q, want %q", in, got, want)
		}
	}
	if got := view.Ago(time.Time{}, now); got != "never" {
		t.Errorf("Ago(zero) = %q, want never", got)
	}
}

func TestShare_IsBetweenZeroAndOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d, whole time.Duration
		want     float64
	}{{1, 2, .5}, {3, 2, 1}, {1, 0, 0}, {-1, 2, 0}, {0, 2, 0}} {
		if got := view.Share(c.d, c.whole); got != c.want {
			t.Errorf("Share(%d, %d) = %v, want %v", c.d, c.whole, got, c.want)
		}
	}
}

func ExampleDur() {
	fmt.Println(view.Dur(1900*time.Nanosecond), view.Dur(612*time.Millisecond), view.Dur(75*time.Minute))
	// Output: 1.9 µs 612 ms 75 min
}

func TestNames_BreakBetweenTheirParts(t *testing.T) {
	t.Parallel()
	html := draw(t, view.HandlersPage(view.Shell{}, view.Handlers{Rows: []view.HandlerRow{
		{Kind: view.KindSignal, Name: "order_status_changed"}, {Kind: view.KindView, Name: "shop.(*Shop).placeOrder"},
	}}))
	has(t, strings.Join(strings.Fields(html), " "), "order_<wbr>status_<wbr>changed", "shop.<wbr>(*Shop).<wbr>place<wbr>Order")
}
