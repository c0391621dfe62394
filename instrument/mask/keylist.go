package mask

import "strings"

// place says where in a key a term must stand to count.
type place uint8

const (
	inside place = iota // anywhere: "auth" in "x-oauth-header"
	asWord              // as a word of its own: "pin" in "card_pin", not in "shipping"
	asTail              // as a word, or unbroken at the end: "sid" in "phpsessid", not in "address_id"
	atEnd               // at the end: "key" in "ssh_key", not in "key_count"
)

// term is one sensitive name, normalised.
type term struct {
	text   string
	place  place
	guess  bool // may be overruled by Options.Allow
	custom bool // from Options.Deny
	except []exception
}

// certain reports whether the term makes a key secret wherever it stands.
func (t *term) certain() bool {
	return t.place == inside && len(t.except) == 0 && !t.custom && !t.guess
}

// exception is a longer, harmless word around a term. It must begin where a
// word begins. It does not hold if one of unless follows within the same word.
type exception struct {
	word   string
	unless []string
	offset int // of the term in word
}

func words(list ...string) []exception {
	out := make([]exception, len(list))
	for i, w := range list {
		out[i].word = w
	}
	return out
}

// builtinTerms is the deny list. A name is here because frameworks or error
// trackers agree that it holds secrets; names of personal data (address, email,
// IP) are left to Options.Deny, since what is personal depends on the app.
func builtinTerms() []term {
	var list []term
	add := func(p place, names ...string) {
		for _, n := range names {
			list = append(list, term{text: n, place: p})
		}
	}
	add(inside, "passw", "pwd", "passphrase", "passcode", "apikey", "accesskey", "privatekey", "secretkey",
		"signingkey", "encryptionkey", "credential", "cookie", "csrf", "xsrf", "jwt", "bearer", "saml", "signature",
		"twofactor", "cardnumber", "creditcard", "connectionstring", "connstr", "databaseurl", "symfony", "consumerid")
	add(asTail, "otp", "mfa", "cvv", "cvc", "ssn", "iban", "dsn", "certificate")
	add(asWord, "sso", "sig", "pin", "pass", "pw", "pword", "salt", "crypt", "2fa", "dbpass", "userpass", "pgpass", "smtppass", "redispass")
	list = append(list, ambiguousTerms()...)
	for _, t := range list {
		for i := range t.except {
			t.except[i].offset = strings.Index(t.except[i].word, t.text)
		}
	}
	return list
}

// ambiguousTerms are those that occur within harmless words.
func ambiguousTerms() []term {
	author := exception{word: "author", unless: []string{"iz", "is"}}
	return []term{
		{text: "auth", place: inside, except: []exception{author, {word: "coauthor"}}},
		{text: "token", place: inside, except: words("tokeniz", "tokenis", "tokencount", "tokenlimit", "tokentype", "tokenusage",
			"tokensused", "maxtokens", "mintokens", "numtokens", "totaltokens", "prompttokens", "completiontokens",
			"inputtokens", "outputtokens", "cachedtokens", "reasoningtokens")},
		{text: "secret", place: inside, except: words("secretary", "secretari")},
		{text: "session", place: inside, except: words("possession", "obsession")},
		{text: "sid", place: asTail, except: words("classid", "processid", "addressid", "accessid",
			"businessid", "statusid", "aliasid", "canvasid")},
		{text: "key", place: atEnd, guess: true, except: words("monkey", "donkey", "turkey", "hockey", "whiskey", "jockey",
			"primarykey", "foreignkey", "cachekey", "sortkey", "partitionkey", "shardkey", "routingkey", "groupkey",
			"lookupkey", "rowkey", "objectkey", "indexkey", "uniquekey", "translationkey", "hotkey", "publickey",
			"naturalkey", "compositekey")},
	}
}

func customTerms(names []string) []term {
	out := make([]term, len(names))
	for i, n := range names {
		out[i] = term{text: n, place: inside, custom: true}
	}
	return out
}

// alone are names that also open sentences: Go errors begin with "auth: " or
// "parse token: ". After them, and a colon with a space, a plain word is prose.
var alone = map[string]bool{
	"auth": true, "oauth": true, "authn": true, "authz": true, "authentication": true,
	"token": true, "tokens": true, "session": true, "sessions": true, "key": true, "cookie": true, "cookies": true,
	"csrf": true, "xsrf": true, "jwt": true, "saml": true, "sso": true, "signature": true, "credential": true,
	"credentials": true, "bearer": true, "otp": true, "mfa": true, "dsn": true, "sig": true, "certificate": true, "crypt": true,
}

// prose are words that follow "password: " in messages about a password.
var prose = map[string]bool{
	"a": true, "an": true, "and": true, "any": true, "are": true, "bad": true, "by": true, "can": true, "cannot": true, "check": true,
	"context": true, "contains": true, "could": true, "crypto": true, "denied": true, "did": true, "does": true, "empty": true,
	"error": true, "expired": true, "expected": true, "failed": true, "for": true, "found": true, "got": true, "has": true,
	"illegal": true, "in": true, "incorrect": true, "invalid": true, "is": true, "it": true, "malformed": true, "may": true,
	"mismatch": true, "missing": true, "must": true, "need": true, "no": true, "not": true, "of": true, "only": true, "or": true,
	"required": true, "should": true, "sql": true, "the": true, "this": true, "to": true, "too": true, "unable": true,
	"unexpected": true, "unknown": true, "unset": true, "was": true, "with": true, "wrong": true,
}
