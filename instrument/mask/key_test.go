package mask_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// secretNames are the names that frameworks and error trackers hide by default,
// as words.
var secretNames = strings.Split(`auth|token|secret|password|passwd|passw|pwd|key|jwt|bearer|sso|saml|csrf|xsrf|credential|credentials
session|sid|api key|mysql pwd|private key|csrf token|session id|x csrftoken|set cookie|cookie|authorization|x api key
aiohttp session|connect sid|phpsessid|symfony|user session|xsrf token|proxy authorization|otp|two factor|signature|php auth pw
password confirmation|salt|certificate|crypt|ssn|cvv|cvc|credit card|aws access key id|sig|x goog signature|passphrase|secret key
access key|consumer id|consumer key|consumer secret|authentication|mfa|pin|card number|iban|dsn|connection string|database url
x amz security token|x amz credential|x amz signature|signing key|encryption key|pass|api secret|ssh key|refresh token|id token`, "|")

func names() []string {
	var out []string
	for _, n := range secretNames {
		out = append(out, strings.Split(n, "\n")...)
	}
	return out
}

func spellings(name string) map[string]string {
	words := strings.Fields(name)
	camel := words[0]
	for _, w := range words[1:] {
		camel += strings.ToUpper(w[:1]) + w[1:]
	}
	kebab := strings.Join(words, "-")
	percent := ""
	for _, c := range []byte(kebab) {
		percent += fmt.Sprintf("%%%02X", c)
	}
	return map[string]string{
		"kebab":    kebab,
		"snake":    strings.Join(words, "_"),
		"camel":    camel,
		"upper":    strings.ToUpper(strings.Join(words, "_")),
		"prefixed": "shop_" + strings.Join(words, "_"),
		"percent":  percent,
	}
}

func TestT11_SecretNamesInSixSpellings(t *testing.T) {
	t.Parallel()
	for _, name := range names() {
		for how, key := range spellings(name) {
			if !mask.Default().Key(key) {
				t.Errorf("%s, %s: Key(%q) = false", name, how, key)
			}
		}
	}
}

func TestT11_SecretNamesInOddSpellings(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"user[password]", "user[pin]", "login.password", "PassWord", "p%61ssword", "p%2561ssword", `p\u0061ssword`, "api key",
		"dbPassword", "X-Api-Key", "XSRF-TOKEN", "Xsrf-Token", "__Host-session", "__Secure-sid", "userOTP", "otp1", "OTPCode", "pinCode",
		"customerSSN", "sshkey2", "AWSAccessKeyId", "PHP_AUTH_PW", "__RequestVerificationToken", "author_token", "tokenizer_token",
		"session_count", "HTTPAuth", "oauth2", "authorisation", "authorize", "appDSN", "commonkey", "x-sso-id", "cards[0][cvv]",
	} {
		if !mask.Default().Key(key) {
			t.Errorf("Key(%q) = false", key)
		}
	}
}

func TestT11_HarmlessNamesStayVisible(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"", "monkey", "monkey_id", "donkey", "turkey", "tokenizer", "tokenizer_count", "tokenizerCount", "token_count", "max_tokens",
		"prompt_tokens", "token_type", "author", "authors", "author_id", "authorName", "coauthor", "authority", "keyboard",
		"keyboard_layout", "passenger", "passengers", "passenger_name", "sidebar", "design", "designer", "signal", "primarykey", "primary_key",
		"foreignKey", "cache-key", "cache_key", "sort_key", "public_key", "shipping", "shipping_address", "spinner", "address_id",
		"class_id", "classId", "processID", "status_id", "inside", "lesson", "processor", "compressor", "association", "class_name",
		"className", "businessName", "footprint", "root_path", "hotpath", "records_number", "ui_banner", "num_failed", "numFailed", "secretary",
		"possession", "bypass", "compass", "keys", "key_count", "keyword", "name", "email", "id", "status", "path", "duration", "user_id",
		"basalt", "encrypted", "stopwords", "description", "key1", "assign", "resign", "opinion", "mapping",
	} {
		if mask.Default().Key(key) {
			t.Errorf("Key(%q) = true", key)
		}
	}
}

func TestNilRulesAreTheDefault(t *testing.T) {
	t.Parallel()
	var r *mask.Rules
	if !r.Key("password") || r.Text("password=x1") != "password=[redacted]" || r.Value("password", "x") != mask.Redacted {
		t.Error("a nil *Rules lets secrets through")
	}
	if got := r.Struct(struct{ Password string }{"x"}, 0); got != "{Password:[redacted]}" {
		t.Error(got)
	}
}
