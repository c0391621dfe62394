package mask

import "strings"

// prefix is how the keys of one service begin, and how many more characters
// they have at least: few enough to catch a truncated one, enough to leave
// words alone.
type prefix struct {
	text  string
	least int
	dots  bool // the rest may hold dots
}

var prefixes = [256][]prefix{
	'A': {{"AKIA", 12, false}, {"ASIA", 12, false}, {"ABIA", 12, false}, {"ACCA", 12, false}, {"A3T", 14, false}, // AWS
		{"AIza", 20, false}, {"AGE-SECRET-KEY-1", 8, false}, {"ATATT3", 16, false}, {"ATCTT3", 16, false}, {"AKCp", 20, false}},
	'G': {{"GOCSPX-", 12, false}},
	'L': {{"LTAI", 16, false}},
	'S': {{"SG.", 20, true}},
	'd': {{"dop_v1_", 16, false}, {"dapi", 28, false}},
	'g': {{"ghp_", 10, false}, {"gho_", 10, false}, {"ghu_", 10, false}, {"ghs_", 10, false}, {"ghr_", 10, false},
		{"github_pat_", 10, false}, {"glpat-", 10, false}},
	'h': {{"hf_", 20, false}},
	'l': {{"lin_api_", 16, false}},
	'n': {{"npm_", 20, false}},
	'o': {{"ops_eyJ", 16, false}},
	'p': {{"pk_live_", 10, false}, {"pk_test_", 10, false}, {"pypi-", 20, false}},
	'r': {{"rk_live_", 10, false}, {"rk_test_", 10, false}},
	's': {{"sk_live_", 10, false}, {"sk_test_", 10, false}, {"sk-ant-", 10, false}, {"sk-proj-", 10, false}, {"sk-", 20, false},
		{"shpat_", 16, false}, {"shpca_", 16, false}, {"shppa_", 16, false}, {"shpss_", 16, false}},
	'w': {{"whsec_", 10, false}},
	'x': {{"xoxa-", 8, false}, {"xoxb-", 8, false}, {"xoxp-", 8, false}, {"xoxr-", 8, false}, {"xoxs-", 8, false}, {"xoxe", 8, true}, {"xapp-", 8, false}},
	'y': {{"ya29.", 16, true}},
}

// prefixed hides a service's key or a JWT at i.
func (c *scanner) prefixed(i int) int {
	if c.s[i] == 'e' {
		return c.jwt(i)
	}
	for _, p := range prefixes[c.s[i]] {
		if !strings.HasPrefix(c.s[i:], p.text) {
			continue
		}
		start := i + len(p.text)
		end := tokenEnd(c.s, start, p.dots)
		if end-start < p.least {
			continue
		}
		if !wordsOnly(c.s[start:end]) {
			c.hide(i, end)
		}
		return end
	}
	return i + 1
}

// jwt hides header.payload.signature, also if the end is cut off.
func (c *scanner) jwt(i int) int {
	header := tokenEnd(c.s, i, false)
	if header-i < 10 || header == len(c.s) || c.s[header] != '.' {
		return header
	}
	end := tokenEnd(c.s, header, true)
	if end-header > 2 {
		c.hide(i, end)
	}
	return end
}

// tokenEnd returns the end of a run of letters, digits, "_" and "-", with dots
// inside if wanted.
func tokenEnd(s string, i int, dots bool) int {
	for i < len(s) && (isToken(s[i]) || dots && s[i] == '.' && i+1 < len(s) && isToken(s[i+1])) {
		i++
	}
	return i
}

// wordsOnly reports whether a token holds neither digit nor capital, as names in
// style sheets do.
func wordsOnly(s string) bool {
	for i := range len(s) {
		if k := kindOf(s[i]); k == digit || k == upper {
			return false
		}
	}
	return true
}

// scheme hides the credential after Bearer, Basic or Token.
func (c *scanner) scheme(i int) int {
	name, least := schemeAt(c.s[i:])
	start := i + name
	if name == 0 || start == len(c.s) {
		return i
	}
	gap := gapAt(c.s, start)
	if gap == 0 {
		return i
	}
	plus := c.s[start] != '+' // else a plus is a space
	start += gap
	end := start
	for end < len(c.s) && classes[c.s[end]]&authByte != 0 && (plus || c.s[end] != '+') {
		end++
	}
	credential := strings.TrimRight(c.s[start:end], ".")
	if len(credential) < least || plainWord(credential) || strings.HasPrefix(c.s[end:], `"`) && strings.HasSuffix(credential, "=") {
		return i
	}
	if least == tokenLeast && !strings.ContainsAny(credential, "0123456789") {
		return i
	}
	c.hide(start, start+len(credential))
	return end
}

const tokenLeast = 8

func schemeAt(s string) (length, least int) {
	switch {
	case foldPrefix(s, "bearer"):
		return 6, 4
	case foldPrefix(s, "basic"):
		return 5, 6
	case foldPrefix(s, "token"):
		return 5, tokenLeast // a common word: ask for more before believing it
	}
	return 0, 0
}

func foldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// gapAt returns the length of what separates a scheme from its credential.
func gapAt(s string, i int) int {
	switch {
	case strings.HasPrefix(s[i:], "  "):
		return 2
	case s[i] == ' ' || s[i] == '+':
		return 1
	case strings.HasPrefix(s[i:], "%20"):
		return 3
	}
	return 0
}

// pem hides a PEM block, to the end of the text if its end is missing. i stands
// on the first of at least three dashes.
func (c *scanner) pem(i int) int {
	end := i
	for end < len(c.s) && c.s[end] == '-' {
		end++
	}
	if end-i < 5 || !strings.HasPrefix(c.s[end:], "BEGIN ") {
		return end
	}
	stop := len(c.s)
	if n := strings.Index(c.s[end:], "-----END "); n >= 0 {
		tail := end + n + len("-----END ")
		if m := strings.Index(c.s[tail:], "-----"); m >= 0 {
			stop = tail + m + 5
		}
	}
	c.hide(i, stop)
	return stop
}
