package mask

const minCard, maxCard = 13, 19

// card hides a payment card number that begins at i, written as one number or
// in groups of at least three digits with a space or dash between.
func (c *scanner) card(i int) int {
	run := digitsEnd(c.s, i)
	if i > 0 && kindOf(c.s[i-1]) == digit || isFraction(c.s, i) {
		return run
	}
	var sums luhn
	best := 0
	for from, to := i, run; ; {
		if sums.n+to-from > maxCard {
			break
		}
		sums.add(c.s[from:to])
		if sums.n >= minCard && sums.valid() && issued(c.s[i:], sums.n) {
			best = to
		}
		from = to + 1
		if to == len(c.s) || c.s[to] != ' ' && c.s[to] != '-' {
			break
		}
		if to = digitsEnd(c.s, from); to-from < 3 {
			break
		}
	}
	if best == 0 {
		return run
	}
	c.hide(i, best)
	return best
}

func digitsEnd(s string, i int) int {
	for i < len(s) && kindOf(s[i]) == digit {
		i++
	}
	return i
}

// isFraction reports whether a decimal point joins i to digits before it.
func isFraction(s string, i int) bool {
	return i >= 2 && s[i-1] == '.' && kindOf(s[i-2]) == digit
}

// luhn sums digits both ways, since which of them count double depends on how
// many follow: odd is the sum if none follows, even if one more does.
type luhn struct{ n, odd, even int }

// doubled is what a digit counts when it counts double.
var doubled = [10]int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}

func (l *luhn) add(digits string) {
	for i := range len(digits) {
		d := digits[i] - '0'
		l.even, l.odd = l.odd+doubled[d], l.even+int(d)
	}
	l.n += len(digits)
}

// valid reports whether the number so far has the right check digit.
func (l *luhn) valid() bool { return l.odd%10 == 0 }

// issued reports whether card numbers of n digits begin like this. Without it
// one in ten of all long numbers, timestamps among them, would be a card.
func issued(s string, n int) bool {
	switch second := s[1]; s[0] {
	case '2': // Mastercard
		return n == 16 && '2' <= second && second <= '7'
	case '3': // American Express, Diners Club, JCB
		return n >= 14 && n <= 16 && (second == '0' || second >= '4')
	case '4': // Visa
		return n == 13 || n == 16 || n == 19
	case '5': // Mastercard, Maestro
		return n == 16 || second == '0' || second >= '6'
	}
	return true // Discover, UnionPay, Maestro
}
