package view

// Order is how the rows of a table of statistics stand, and where the page ends.
type Order struct {
	Column string
	Asc    bool
	Total  int    // rows, with those of other pages
	Later  bool   // rows before these are on other pages
	Next   string // cursor of the page behind; "" at the end
}

func (o Order) sorting() sorting { return sorting{o.Column, o.Asc} }

// shown says how many rows are on the page.
func (o Order) shown(rows int, noun string) string {
	if o.Later || o.Next != "" {
		return Count(int64(rows)) + " of " + plural(int64(o.Total), noun)
	}
	return plural(int64(rows), noun)
}
