package store

import "fmt"

// Money is an amount in pence.
type Money int64

// String writes the amount as the shop shows it, such as "£18.00".
func (m Money) String() string {
	if m < 0 {
		return "-" + (-m).String()
	}
	return fmt.Sprintf("£%d.%02d", int64(m)/100, int64(m)%100)
}
