package commands

import "strings"

// closest is the candidate that was probably meant by word: the nearest one, if that
// is near, or one that word begins. "" when there is none.
func closest(word string, candidates []string) string {
	best, found := min(max(1, len(word)/3), 3), ""
	for _, c := range candidates {
		if d := distance(word, c); d < best || d == best && found == "" {
			best, found = d, c
		}
	}
	for _, c := range candidates {
		if found == "" && len(word) >= 3 && strings.HasPrefix(c, word) {
			found = c
		}
	}
	return found
}

// distance is how many bytes have to be put in, taken out or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0] // of the row above
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
