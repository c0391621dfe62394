package store

// shelves are the categories of a new shop, in their order.
var shelves = []Category{
	{"mugs", "Mugs", "Thrown one at a time, with a handle that two fingers like."},
	{"bowls", "Bowls", "For porridge, for soup, for the whole table."},
	{"plates", "Plates", "Flat enough to cut on, with a rim that holds the sauce."},
	{"teapots", "Teapots & jugs", "They pour without a drip. We tried each with cold water first."},
	{"vases", "Vases", "For one stem or for what the garden gives."},
	{"planters", "Planters", "Unglazed inside, so that roots can breathe."},
}

// piece is a product of a new shop.
type piece struct {
	sku, name, category, shape, glaze string
	price                             Money
	stock                             int
	featured                          bool
	text                              string
}

var catalogue = []piece{
	{"FH-101", "Stoneware mug, ash", "mugs", "mug", "ash", 1800, 64, true, "Our everyday mug. Holds 330 ml, stays warm through a long phone call, and survives the dishwasher."},
	{"FH-102", "Stoneware mug, moss", "mugs", "mug", "moss", 1800, 58, false, "The everyday mug in a green that turns brown where the glaze runs thin over the rim."},
	{"FH-103", "Stoneware mug, ink", "mugs", "mug", "ink", 1800, 41, false, "The everyday mug in a blue so dark that it looks black until the sun reaches it."},
	{"FH-104", "Stoneware mug, rust", "mugs", "mug", "rust", 1900, 37, false, "An iron glaze that breaks orange at the edges. No two come out of the kiln alike."},
	{"FH-105", "Tall mug, chalk", "mugs", "tall", "chalk", 2200, 33, false, "For those who count a mug of tea by the half litre. Matt outside, glossy inside."},
	{"FH-106", "Tall mug, tide", "mugs", "tall", "tide", 2200, 29, false, "Half a litre, glazed in two dips so that a line like a water mark goes around the middle."},
	{"FH-107", "Espresso cup, ochre", "mugs", "cup", "ochre", 1200, 72, true, "Small, heavy at the foot, and warm within a second. Holds 80 ml."},
	{"FH-108", "Espresso cup, ink", "mugs", "cup", "ink", 1200, 66, false, "Small, heavy at the foot. The dark inside shows off a good crema."},
	{"FH-109", "Camping mug, speckled", "mugs", "mug", "ash", 2000, 12, false, "Thicker walls and a lower belly, made for a rucksack. The speckles are iron in the clay."},

	{"FH-201", "Cereal bowl, chalk", "bowls", "bowl", "chalk", 1600, 55, false, "Deep enough that nothing spills on the way to the sofa."},
	{"FH-202", "Cereal bowl, moss", "bowls", "bowl", "moss", 1600, 49, false, "Deep, with a turned foot. Two of them fit inside each other for the cupboard."},
	{"FH-203", "Serving bowl, moss", "bowls", "wide", "moss", 4200, 21, true, "Thirty centimetres across. A salad for six, or all the oranges of one market trip."},
	{"FH-204", "Serving bowl, tide", "bowls", "wide", "tide", 4200, 18, false, "Thirty centimetres across, sea green outside and pale inside."},
	{"FH-205", "Ramen bowl, ink", "bowls", "bowl", "ink", 2600, 34, true, "Steep sides keep the broth hot; the rim has a notch in which chopsticks rest."},
	{"FH-206", "Mixing bowl, ash", "bowls", "wide", "ash", 3800, 16, false, "With a spout and a thumb rest. Stands firm while you beat the eggs."},
	{"FH-207", "Dip bowl, ochre", "bowls", "dish", "ochre", 900, 90, false, "For olives, for salt, for the keys by the door."},
	{"FH-208", "Dip bowl, rust", "bowls", "dish", "rust", 900, 84, false, "For sauces and small things. Sold singly, bought in fours."},

	{"FH-301", "Dinner plate, chalk", "plates", "plate", "chalk", 2400, 60, true, "Twenty-seven centimetres, a low rim, a matt glaze that knives do not mark."},
	{"FH-302", "Dinner plate, ink", "plates", "plate", "ink", 2400, 52, false, "Twenty-seven centimetres of midnight. Anything with lemon looks good on it."},
	{"FH-303", "Side plate, chalk", "plates", "plate", "chalk", 1700, 58, false, "Nineteen centimetres, for bread, cake and second helpings."},
	{"FH-304", "Side plate, moss", "plates", "plate", "moss", 1700, 47, false, "Nineteen centimetres, in the green of the serving bowl."},
	{"FH-305", "Pasta plate, tide", "plates", "dish", "tide", 2600, 31, false, "Half plate, half bowl. The sauce stays where the spaghetti is."},
	{"FH-306", "Platter, ash", "plates", "plate", "ash", 4600, 14, false, "Forty centimetres, for the roast or for the whole cheese counter."},

	{"FH-401", "Teapot, moss", "teapots", "teapot", "moss", 6800, 15, true, "Holds a litre. The lid stays on when you pour the last cup."},
	{"FH-402", "Teapot, rust", "teapots", "teapot", "rust", 6800, 12, false, "Holds a litre, glazed in iron red, with a strainer thrown into the wall."},
	{"FH-403", "Teapot for one, chalk", "teapots", "teapot", "chalk", 4800, 19, false, "Four hundred millilitres: one reader, one book."},
	{"FH-404", "Milk jug, chalk", "teapots", "jug", "chalk", 2100, 36, false, "A quarter of a litre, with a lip that cuts the drop."},
	{"FH-405", "Water jug, tide", "teapots", "jug", "tide", 5200, 17, false, "A litre and a half. The handle is set high, so that it lifts well when full."},
	{"FH-406", "Gravy jug, ochre", "teapots", "jug", "ochre", 2900, 0, false, "Low and wide, with a saucer of its own. Back when the next kiln is opened."},

	{"FH-501", "Bottle vase, ink", "vases", "bottle", "ink", 5400, 13, false, "A narrow neck for one branch. Stands forty centimetres tall."},
	{"FH-502", "Bottle vase, chalk", "vases", "bottle", "chalk", 5400, 14, true, "A narrow neck and a shoulder that catches the light."},
	{"FH-503", "Bud vase, rust", "vases", "bottle", "rust", 1900, 45, false, "For a single flower. They look best in an uneven number."},
	{"FH-504", "Bud vase, ochre", "vases", "bottle", "ochre", 1900, 43, false, "For a single flower, in the yellow of late straw."},
	{"FH-505", "Round vase, tide", "vases", "vase", "tide", 6200, 11, false, "Wide enough for tulips to fall the way they like to."},
	{"FH-506", "Round vase, ash", "vases", "vase", "ash", 6200, 12, false, "Wide and calm. The ash glaze was made from our own apple prunings."},

	{"FH-601", "Herb planter, chalk", "planters", "planter", "chalk", 2300, 28, false, "Twelve centimetres, with a saucer. Basil lasts a month longer in it."},
	{"FH-602", "Herb planter, moss", "planters", "planter", "moss", 2300, 26, true, "Twelve centimetres, with a saucer, for the kitchen window."},
	{"FH-603", "Fern planter, ink", "planters", "planter", "ink", 3900, 15, false, "Twenty centimetres. Named after what grows on our own sill."},
	{"FH-604", "Hanging planter, rust", "planters", "planter", "rust", 3600, 13, false, "Three holes, a leather cord, and room for a string of pearls."},
	{"FH-605", "Bonsai dish, tide", "planters", "dish", "tide", 4400, 12, false, "Shallow, on four feet, drained at both ends."},
}

// remarks are the feedback of a new shop.
var remarks = []Feedback{
	{Name: "Mara Lindqvist", Rating: 5, Message: "The moss bowl is even better than in the picture."},
	{Name: "Tom Okafor", Rating: 4, Message: "Lovely mugs. The parcel took a week, though."},
	{Name: "Ines Duarte", Rating: 5, Message: "The teapot pours without a drip. I checked twice."},
	{Name: "Henry Walsh", Rating: 2, Message: "One plate arrived chipped. It was replaced at once, so two stars for the fright."},
	{Name: "Aiko Mori", Rating: 5, Message: "Please make the ramen bowl in rust as well."},
	{Name: "Lena Vogel", Rating: 3, Message: "The search is a little slow on my phone."},
	{Name: "Sam Whitfield", Rating: 4, Message: "Bought one bud vase, came back for four more."},
	{Name: "Priya Nair", Rating: 5, Message: "Basil still alive. Thank you."},
}
