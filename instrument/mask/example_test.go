package mask_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func Example() {
	rules := mask.Default()
	fmt.Println(rules.Value("password", "hunter2"))
	fmt.Println(rules.Text("dial postgres://shop:hunter2@db/shop: connection refused"))
	fmt.Println(rules.URL("/login?next=%2F&token=abc"))
	// Output:
	// [redacted]
	// dial postgres://[redacted]@db/shop: connection refused
	// /login?next=%2F&token=[redacted]
}

func ExampleNew() {
	rules, err := mask.New(mask.Options{
		Deny:     []string{"loyalty"},
		Allow:    []string{"order_key"}, // ends in "key", but is no secret here
		Patterns: []*regexp.Regexp{regexp.MustCompile(`\bCUST-\d+\b`)},
		Hook: func(key, value string) (string, bool) {
			if key == "plate" {
				return strings.Repeat("*", len(value)), true
			}
			return "", false
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rules.Text("CUST-17 has loyaltyId=998 order_key=5 password=x"))
	fmt.Println(rules.Value("plate", "BXY12"))

	_, err = mask.New(mask.Options{Allow: []string{"password"}})
	fmt.Println(err)
	// Output:
	// [redacted] has loyaltyId=[redacted] order_key=5 password=[redacted]
	// *****
	// mask: Allow[0] "password" is a built-in sensitive name and stays hidden: rename the key, or leave it out of Allow
}

func ExampleRules_Key() {
	for _, key := range []string{"X-Api-Key", "dbPassword", "user[pin]", "monkey", "author"} {
		fmt.Println(key, mask.Default().Key(key))
	}
	// Output:
	// X-Api-Key true
	// dbPassword true
	// user[pin] true
	// monkey false
	// author false
}

func ExampleRules_TextN() {
	text, n := mask.Default().TextN(`login failed: {"user":"bob","password":"hunter2"} Bearer a1b2c3`)
	fmt.Printf("%s (%d values hidden)\n", text, n)
	// Output:
	// login failed: {"user":"bob","password":"[redacted]"} Bearer [redacted] (2 values hidden)
}

func ExampleRules_Statement() {
	fmt.Println(mask.Default().Statement("SELECT id FROM users /* login */ WHERE email = 'bob@example.com' AND role IN (1, 2, 3)"))
	// Output:
	// SELECT id FROM users WHERE email = ? AND role IN (?)
}

func ExampleRules_Headers() {
	h := mask.Default().Headers(http.Header{
		"Accept":        {"text/html"},
		"Authorization": {"Bearer abc"},
		"Cookie":        {"sid=abc; theme=dark"},
	})
	fmt.Println(h["Accept"], h["Authorization"], h["Cookie"])
	// Output:
	// [text/html] [[redacted]] [sid=[redacted]; theme=[redacted]]
}

func ExampleRules_JSON() {
	fmt.Println(string(mask.Default().JSON([]byte(`{"user": "bob", "card": {"number": 4111111111111111, "cvv": "123"}}`))))
	// Output:
	// {"user": "bob", "card": {"number": "[redacted]", "cvv": "[redacted]"}}
}

func ExampleRules_Args() {
	fmt.Println(mask.Default().Args([]string{"manage", "import", "--token", "abc", "--from=postgres://u:p@h/db"}))
	// Output:
	// [manage import --token [redacted] --from=postgres://[redacted]@h/db]
}

func ExampleRules_Struct() {
	type change struct {
		Order  int
		To     string
		Token  string
		Reason string `toolbar:"mask"`
		Raw    string `toolbar:"-"`
	}
	fmt.Println(mask.Default().Struct(change{Order: 20417, To: "confirmed", Token: "abc", Reason: "private", Raw: "..."}, 0))
	// Output:
	// {Order:20417 To:"confirmed" Token:[redacted] Reason:[redacted]}
}

func ExampleHidden() {
	fmt.Println(mask.Hidden("token=[redacted]&pin=[redacted]"))
	// Output:
	// 2
}
