package mask_test

import (
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

const (
	jwt  = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4"
	pem  = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
	card = "4111 1111 1111 1111"
)

var hidden = []struct{ name, in, want string }{
	{"query pair", "GET /x?token=abc&y=1&sig=zz HTTP/1.1", "GET /x?token=[redacted]&y=1&sig=[redacted] HTTP/1.1"},
	{"logfmt", `level=INFO msg="logged in" token=abc user=bob`, `level=INFO msg="logged in" token=[redacted] user=bob`},
	{"logfmt, quoted", `password="two words" user=bob`, `password="[redacted]" user=bob`},
	{"json", `{"password":"hunter2","user":"bob"}`, `{"password":"[redacted]","user":"bob"}`},
	{"json with spaces", `{ "password" : "a\"b" , "user": 1 }`, `{ "password" : "[redacted]" , "user": 1 }`},
	{"json within json", `{\"password\":\"hun\\\"ter2\",\"user\":1}`, `{\"password\":\"[redacted]\",\"user\":1}`},
	{"json list", `{"tokens":["a","b"],"n":1}`, `{"tokens":[[redacted]],"n":1}`},
	{"json object", `{"credentials":{"user":"a","x":"}"},"n":1}`, `{"credentials":{[redacted]},"n":1}`},
	{"json, cut off", `{"a":1,"password":"hunt`, `{"a":1,"password":"[redacted]`},
	{"escaped name", `{"p\u0061ssword":"x"}`, `{"p\u0061ssword":"[redacted]"}`},
	{"yaml", "user: bob\npassword: hunter2\n", "user: bob\npassword: [redacted]\n"},
	{"toml", `secret_key = 'x y'`, `secret_key = '[redacted]'`},
	{"doubled quote", `password='it''s me' x`, `password='[redacted]' x`},
	{"glued to a quote", `--password='a'b c`, `--password='[redacted]'[redacted] c`},
	{"go assignment", `password := "x"`, `password := "[redacted]"`},
	{"ruby", `"password"=>"x"`, `"password"=>"[redacted]"`},
	{"comparison", `token == abc1`, `token == [redacted]`},
	{"struct with names", "&{Password:hunter2 Name:bob}", "&{Password:[redacted] Name:bob}"},
	{"go syntax", `main.Login{Password:"x", Name:"bob"}`, `main.Login{Password:"[redacted]", Name:"bob"}`},
	{"map", "map[pin:1234 user:bob]", "map[pin:[redacted] user:bob]"},
	{"header map", "map[Authorization:[Bearer abc] Cookie:[a=b; c=d] Host:[x]]", "map[Authorization:[[redacted]] Cookie:[[redacted]] Host:[x]]"},
	{"header line", "Authorization: Digest a, b\nHost: x", "Authorization: [redacted]\nHost: x"},
	{"cookie line", "Cookie: theme=dark; sid=1\r\nHost: x", "Cookie: [redacted]\r\nHost: x"},
	{"header in quotes", `curl -H 'Authorization: Bearer abc' https://x`, `curl -H 'Authorization: [redacted]' https://x`},
	{"header, escaped quotes", `"cmd":"curl -H \"Authorization: x y\" h"`, `"cmd":"curl -H \"Authorization: [redacted]\" h"`},
	{"scheme after =", "authorization=Bearer abc123 x=1", "authorization=[redacted] x=1"},
	{"delimiters inside", "password=a,b;c&d next", "password=[redacted] next"},
	{"next pair after a comma", "password=a,user=b", "password=[redacted],user=b"},
	{"bracket inside", "(password=a)b)", "(password=[redacted])"},
	{"percent-encoded", "redirect=%2Flogin%3Fpassword%3Dhunter2%26x%3D1", "redirect=%2Flogin%3Fpassword%3D[redacted]%26x%3D1"},
	{"percent-encoded json", "%7B%22token%22%3A%22abc%22%7D", "%7B%22token%22%3A[redacted]"},
	{"cannot be prose", "password: letmein now", "password: [redacted] now"},
	{"token after prose", "invalid token: a8f3 rejected", "invalid token: [redacted] rejected"},
	{"entry of mysql", "Error 1062 (23000): Duplicate entry 'it's@b.test' for key 'users.email'", "Error 1062 (23000): Duplicate entry '[redacted]' for key 'users.email'"},
	{"entry of mysql, cut off", "Duplicate entry 'ann@b.te", "Duplicate entry '[redacted]"},
	{"row of postgres", "Key (password)=(a) b) already exists.", "Key (password)=([redacted]) already exists."},
	{"row of several columns", `Key (id, "token")=(7, x) is not present in table`, `Key (id, "token")=([redacted]) is not present in table`},
	{"row that is cut off", "Key (token)=(x, y\nnext line", "Key (token)=([redacted]\nnext line"},
	{"user info", "dial postgres://shop:hunter2@db:5432/shop: refused", "dial postgres://[redacted]@db:5432/shop: refused"},
	{"user info, no name", "redis://:pw@h:6379/0", "redis://[redacted]@h:6379/0"},
	{"user info, name only", "https://ghp@github.com/x", "https://[redacted]@github.com/x"},
	{"user info with @", "amqp://u:p@ss@h", "amqp://[redacted]@h"},
	{"user info with slash", "postgres://u:p/ss@h/db", "postgres://[redacted]@h/db"},
	{"mysql", "open root:p:w!@tcp(127.0.0.1:3306)/shop", "open [redacted]@tcp(127.0.0.1:3306)/shop"},
	{"mysql socket", `dsn "u:p@unix(/tmp/x)/db"`, `dsn "[redacted]@unix(/tmp/x)/db"`},
	{"bearer", "got Bearer abc.def-1 from x", "got Bearer [redacted] from x"},
	{"bearer, lower", "bearer AbCdEf", "bearer [redacted]"},
	{"bearer, encoded", "h=Bearer%20abc123", "h=Bearer%20[redacted]"},
	{"basic", "Basic dTpw cm9 or Basic dXNlcjpwYXNz.", "Basic dTpw cm9 or Basic [redacted]."},
	{"token scheme", "Token 9944b09199c62bcf", "Token [redacted]"},
	{"jwt", "id " + jwt + " ok", "id [redacted] ok"},
	{"jwt, cut off", "id " + jwt[:40], "id [redacted]"},
	{"pem", "a " + pem + " b", "a [redacted] b"},
	{"pem, cut off", "a -----BEGIN PRIVATE KEY-----\nMIIE", "a [redacted]"},
	{"aws", "AKIAIOSFODNN7EXAMPLE.", "[redacted]."},
	{"github", "ghp_abcdefghij0123456789 github_pat_11ABCDEFG0123456789", "[redacted] [redacted]"},
	{"gitlab", "glpat-abcdefghij0123", "[redacted]"},
	{"stripe", "sk_live_4eC39HqLyjWDarjtT1 whsec_abcdefghij01", "[redacted] [redacted]"},
	{"slack", "xoxb-1234567890-abc xapp-1-A111-222", "[redacted] [redacted]"},
	{"openai", "sk-proj-abcdefgh01234567 sk-abcdefghijklmnopqrst0", "[redacted] [redacted]"},
	{"anthropic", "sk-ant-api03-AbCdEfGh0123", "[redacted]"},
	{"google", "AIzaSyA1234567890abcdefghijk ya29.a0AfH6SMBx1234567890 GOCSPX-abcdef123456", "[redacted] [redacted] [redacted]"},
	{"npm and pypi", "npm_abcdefghijklmnopqrst0123 pypi-AgEIcHlwaS5vcmcCJDAwMDA", "[redacted] [redacted]"},
	{"others", "SG.abcdefghijklmnop1234.xyz hf_abcdefghijklmnopqrstuV dop_v1_0123456789abcdef shpat_0123456789abcdef", "[redacted] [redacted] [redacted] [redacted]"},
	{"more", "LTAI5tAbCdEfGhIjKlMn dapi0123456789abcdef0123456789ab lin_api_AbCdEfGhIjKlMnOp1 ops_eyJabcdefghijklmno0", "[redacted] [redacted] [redacted] [redacted]"},
	{"age and atlassian", "AGE-SECRET-KEY-1QQQQQQQQ ATATT3xFfGF0abcdefghijk", "[redacted] [redacted]"},
	{"key after an escape", `first\nAKIAIOSFODNN7EXAMPLE`, `first\n[redacted]`},
	{"card", "card " + card + " 22ms", "card [redacted] 22ms"},
	{"card, dashes", "5500-0000-0000-0004", "[redacted]"},
	{"amex", "3782 822463 10005 and 378282246310005", "[redacted] and [redacted]"},
	{"other cards", "6011111111111117 30569309025904 3530111333300000 2223003122003222 4222222222222", "[redacted] [redacted] [redacted] [redacted] [redacted]"},
	{"card after a number", "200 4111111111111111", "200 [redacted]"},
}

func TestT11_TextHides(t *testing.T) {
	t.Parallel()
	for _, tc := range hidden {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, n := mask.Default().TextN(tc.in)
			if got != tc.want {
				t.Fatalf("\n in  %s\n got %s\nwant %s", tc.in, got, tc.want)
			}
			if n != mask.Hidden(got) {
				t.Errorf("counted %d, shows %d", n, mask.Hidden(got))
			}
			if again := mask.Default().Text(got); again != got {
				t.Errorf("masked again: %s", again)
			}
		})
	}
}

var visible = []string{
	"Key (email)=(a@b.test) already exists.",
	"f(token) = (x)",
	"", "plain text", "a=b", "2026/11/21 00:02:03.123456 GET /orders/42?page=2&sort=name 200 12.3ms",
	"auth: user not found", "parse token: token is expired", "session: sql: no rows in result set", "password: too short",
	"key: id", "csrf: token invalid", "Token Authentication is off", "bearer of news", "basic functionality",
	"unexpected token main.go:12:5", "Unexpected token < in JSON at position 0", `Bearer realm="x"`,
	"http://localhost:8080/@user", "https://medium.com/@bob", "mail bob@example.com", "http://[::1]:8080/x@y", "user@unix host",
	"unix nanos 1763683200000000000 and millis 1763683200000", "id 4111111111111112", "0.4111111111111111", "+49 30 1234567",
	"550e8400-e29b-41d4-a716-446655440000", "----------------------", "task_id=5 risk-free sk-circle-fade-dot-animation",
	"author=x keyboard=1 monkey=2 address_id=7 tokenizer=bpe max_tokens=5", `"token":null,"session":true`,
	"WHERE token = $1 AND password = ? AND secret = $12", "password=%s", `duplicate key value violates unique constraint "users_email_key"`,
	"pypi-", "eyJ", "eyJhbGciOiJIUzI1NiJ9", "AKIA", "ghp_", "Bearer", "Bearer ", "token:", "token:\nnext", "password=", "password=\"\"", "://", "@tcp(", "=", ":", "%3D",
	"token=[redacted] x", "password=[redaction failed]", "postgres://[redacted]@h/db", "\xff\xfe=\x00", "größe=1",
}

func TestT11_TextKeepsWhatIsHarmless(t *testing.T) {
	t.Parallel()
	for _, s := range visible {
		if got, n := mask.Default().TextN(s); got != s || n != 0 {
			t.Errorf("%q became %q, %d hidden", s, got, n)
		}
	}
}

func TestTextWithoutSecretsDoesNotAllocate(t *testing.T) {
	s := strings.Repeat("2026/11/21 00:02:03 GET /orders/42?page=2&sort=name 200 12.3ms. The quick brown fox. ", 20)
	if n := testing.AllocsPerRun(20, func() { mask.Default().Text(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(20, func() { mask.Default().Key("X-Amz-Security-Token"); mask.Default().Key("user_name") }); n != 0 {
		t.Errorf("Key: %v allocations", n)
	}
}

// hostile repeats what makes each matcher look far, without letting it finish.
var hostile = map[string]string{
	"equals": "a=", "colons": ": ", "secrets": "password=x ", "keys only": "password", "quotes": `":`, "open quotes": `token="`, "glued": `token=""x`,
	"open groups": "token=[", "groups": `token=[" `, "commas": "token=a,", "cookies": "cookie:", "prose": "token: a", "schemes": "Bearer ",
	"token plus": "token+", "bearer plus": "bearer+", "token escaped": "token%20", "urls": "://", "urls with colon": "://a:b/", "urls with at": "://a:b/@", "dsn": "@tcp(",
	"dsn with colon": "a:b@tcp(", "dashes": "-", "pem": "-----BEGIN ", "pem ends": "-----BEGIN x-----END ", "jwt": "eyJ-", "jwt dots": "eyJ.", "long jwt": "eyJaaaaaaaaaaa.",
	"sk": "sk-", "words": "sk-aaaaaaaaaaaaaaaaaaaaaaaaaa-", "digits": "4", "digit groups": "4111 ", "digit pairs": "41 ", "percent": "%3D", "percent keys": "%70%3D", "escapes": `\"`, "slashes": `\`,
	"brackets": "a]=", "spaces": "a    =    ", "failed": "password=[redaction failed]",
}

// TestT17_HostileTextTakesLinearTime asserts no duration, which is the benchmarks'
// work: were a matcher quadratic, these texts would take it hours.
func TestT17_HostileTextTakesLinearTime(t *testing.T) {
	t.Parallel()
	const size = 1 << 18
	for name, unit := range hostile {
		s := strings.Repeat(unit, size/len(unit))
		text, shape := mask.Default().Text(s), mask.Default().Statement(s)
		if text == "" || len(shape) > len(s) {
			t.Errorf("%s: %d KB became %d bytes of text, %d of a statement", name, size>>10, len(text), len(shape))
		}
	}
}
