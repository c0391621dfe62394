package tasks

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Words say a crontab line in English: "at 09:00, Monday to Friday".
func Words(spec string) (string, error) {
	if _, err := parseCron(spec, time.UTC); err != nil {
		return "", err
	}
	if full, ok := cronNames[spec]; ok {
		spec = full
	}
	f := strings.Fields(strings.ToLower(strings.ReplaceAll(spec, "?", "*")))
	parts := []string{timeWords(f[0], f[1])}
	if days := dayWords(f[2], f[4]); days != "" {
		parts = append(parts, days)
	}
	if f[3] != "*" {
		parts = append(parts, "in "+listWords(f[3], monthName, "month"))
	}
	return strings.Join(parts, ", "), nil
}

var cronNames = map[string]string{
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
	"@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}

// timeWords say minute and hour.
func timeWords(minute, hour string) string {
	times := clockTimes(minute, hour)
	switch {
	case times != "":
		return "at " + times
	case minute == "*" && hour == "*":
		return "every minute"
	case minute == "*":
		return "every minute " + hourWords(hour)
	case hour == "*" && isNumber(minute):
		return "every hour at minute " + minute
	}
	if step, ok := strings.CutPrefix(minute, "*/"); ok {
		words := "every " + step + " minutes"
		if step == "1" {
			words = "every minute"
		}
		if hour != "*" {
			words += " " + hourWords(hour)
		}
		return words
	}
	words := "at minute " + listWords(minute, plain, "minute")
	if hour == "*" {
		return words + " of every hour"
	}
	return words + " " + hourWords(hour)
}

// clockTimes are the times of day, if both fields are plain lists of few numbers.
func clockTimes(minute, hour string) string {
	var times []string
	for h := range strings.SplitSeq(hour, ",") {
		for m := range strings.SplitSeq(minute, ",") {
			if !isNumber(h) || !isNumber(m) {
				return ""
			}
			hh, _ := strconv.Atoi(h)
			mm, _ := strconv.Atoi(m)
			times = append(times, fmt.Sprintf("%02d:%02d", hh, mm))
		}
	}
	if len(times) > 6 {
		return ""
	}
	return enumerate(times)
}

func hourWords(hour string) string {
	if step, ok := strings.CutPrefix(hour, "*/"); ok {
		return "of every " + ordinal(step) + " hour"
	}
	return "during hour " + listWords(hour, plain, "hour")
}

// dayWords say day of month and day of week, which cron joins by "or".
func dayWords(dom, dow string) string {
	month, week := "", ""
	if dom != "*" {
		month = "on day " + listWords(dom, plain, "day") + " of the month"
		if strings.HasPrefix(dom, "*/") {
			month = listWords(dom, plain, "day") + " of the month"
		}
	}
	if dow != "*" {
		week = listWords(dow, dayName, "weekday")
	}
	switch {
	case month != "" && week != "":
		return month + " or on " + week
	case month != "":
		return month
	}
	return week
}

// listWords say a field: numbers, names, ranges and steps, by commas.
func listWords(field string, name func(string) string, unit string) string {
	var items []string
	for item := range strings.SplitSeq(field, ",") {
		span, step, stepped := strings.Cut(item, "/")
		words := ""
		from, to, ranged := strings.Cut(span, "-")
		switch {
		case span == "*":
			items = append(items, "every "+ordinal(step)+" "+unit)
			continue
		case ranged:
			words = name(from) + " to " + name(to)
		case stepped:
			words = name(from) + " onwards"
		default:
			words = name(from)
		}
		if stepped && step != "1" {
			words = "every " + ordinal(step) + " " + unit + " from " + words
		}
		items = append(items, words)
	}
	return enumerate(items)
}

func enumerate(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}

func plain(s string) string { return s }

func dayName(s string) string {
	return nameIn(s, 0, "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
}

func monthName(s string) string {
	return nameIn(s, 1, "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
}

// nameIn is the name of a number counted from first, or of the first three letters of one.
func nameIn(s string, first int, names ...string) string {
	if n, err := strconv.Atoi(s); err == nil && n >= first && n-first < len(names) {
		return names[n-first]
	}
	for _, name := range names {
		if strings.EqualFold(name[:3], s) {
			return name
		}
	}
	return s
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

func ordinal(s string) string {
	n, _ := strconv.Atoi(s)
	switch {
	case n%100 >= 11 && n%100 <= 13:
		return s + "th"
	case n%10 == 1:
		return s + "st"
	case n%10 == 2:
		return s + "nd"
	case n%10 == 3:
		return s + "rd"
	}
	return s + "th"
}

// words say when a schedule runs.
func (s Schedule) words() string {
	if s.Every > 0 {
		return "every " + shortDuration(s.Every)
	}
	words, err := Words(s.Cron)
	if err != nil {
		return s.Cron
	}
	return words + " (" + s.zone().String() + ")"
}

// shortDuration leaves out what is zero: "1h0m0s" is "1h".
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}
