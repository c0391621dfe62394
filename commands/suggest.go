package commands

import "strings"

// maxWord is the longest word for which another is looked for.
const maxWord = 64

// closest is the candidate that was probably meant by word: the nearest one, if that
// is near, or one that word begins. "" when there is none.
func closest(word string, candidates []string) string {
	if len(word) > maxWord {
		return ""
	}
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

// distance is how many letters have to be put in, taken out, changed or swapped with
// the next to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				change = min(change, rows[i-2][j-2]+1)
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
		}
	}
	return rows[len(a)][len(b)]
}
