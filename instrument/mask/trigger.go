package mask

// Triggers are how secrets begin, as three sets of bytes each. The empty set
// stands for any byte, also none at the end of the text.
var triggers = [][3]string{
	{"=:", "", ""},     // key=value, key: value, scheme://
	{"%", "3", "DdAa"}, // the same, percent-encoded
	{"@", "tu(", ""},   // user:password@tcp(host)
	{"-", "-", "-"},    // PEM
	{"23456", "0123456789", "0123456789"},
	{"Bb", "EeAa", "AaSs"}, {"Tt", "Oo", "Kk"},
	{"e", "y", "J"}, {"A", "KSBCIGT3", "ITAzECT"},
	{"g", "h", "pousr"}, {"g", "il", "tp"}, {"G", "O", "C"},
	{"spr", "k", "_-"}, {"x", "oa", "xp"}, {"w", "h", "s"},
	{"n", "p", "m"}, {"h", "f", "_"}, {"p", "y", "p"},
	{"d", "o", "p"}, {"s", "h", "p"}, {"y", "a", "2"},
	{"S", "G", "."}, {"L", "T", "A"}, {"o", "p", "s"},
	{"d", "a", "p"}, {"l", "i", "n"},
	{"y", " ", "'"}, // MySQL's Duplicate entry 'value'
}

var trigger0, trigger1, trigger2 = triggerTables()

func triggerTables() (t0, t1, t2 [256]uint32) {
	tables := [3]*[256]uint32{&t0, &t1, &t2}
	for bit, sets := range triggers {
		for i, set := range sets {
			if set == "" {
				for b := range tables[i] {
					tables[i][b] |= 1 << bit
				}
			}
			for _, b := range []byte(set) {
				tables[i][b] |= 1 << bit
			}
		}
	}
	return t0, t1, t2
}

// nextTrigger returns the first position from i on where a secret may begin, or
// len(s). This is what text without secrets costs: four positions at a time,
// two thirds of a nanosecond each.
func nextTrigger(s string, i int) int {
	for ; i+5 < len(s); i += 4 {
		w := s[i : i+6]
		a := trigger0[w[0]] & trigger1[w[1]] & trigger2[w[2]]
		b := trigger0[w[1]] & trigger1[w[2]] & trigger2[w[3]]
		c := trigger0[w[2]] & trigger1[w[3]] & trigger2[w[4]]
		d := trigger0[w[3]] & trigger1[w[4]] & trigger2[w[5]]
		if a|b|c|d != 0 {
			break
		}
	}
	for ; i+2 < len(s); i++ {
		if trigger0[s[i]]&trigger1[s[i+1]]&trigger2[s[i+2]] != 0 {
			return i
		}
	}
	if i+1 < len(s) && trigger0[s[i]]&trigger1[s[i+1]]&trigger2[0] != 0 {
		return i
	}
	return len(s)
}
