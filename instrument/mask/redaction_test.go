package mask_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// hiddenElsewhere is what other tools hide by default, as they write it, with a space between words.
var hiddenElsewhere = map[string]string{
	"Sentry's specification": "auth,token,secret,password,passwd,pwd,key,jwt,bearer,sso,saml,csrf,xsrf,credentials,session,sid,identity",
	"Sentry's personal data": "forwarded,x ip,remote host,via,x user",
	"sentry-python": `password,passwd,secret,api_key,apikey,auth,credentials,mysql_pwd,privatekey,private_key,token,session,csrftoken,sessionid,
		x_csrftoken,x_forwarded_for,set_cookie,cookie,authorization,x_api_key,aiohttp_session,connect.sid,csrf_token,csrf,_csrf,_csrf_token,
		PHPSESSID,_session,symfony,user_session,_xsrf,XSRF-TOKEN,x_real_ip,ip_address,remote_addr`,
	"sentry-go": `_csrf,_csrf_token,_session,_xsrf,Api-Key,Apikey,Auth,Authorization,Cookie,Credentials,Csrf,Csrf-Token,Csrftoken,Ip-Address,Passwd,
		Password,Private-Key,Privatekey,Proxy-Authorization,Remote-Addr,Secret,Session,Sessionid,Token,User-Session,X-Api-Key,X-Csrftoken,
		X-Forwarded-For,X-Real-Ip,XSRF-TOKEN`,
	"Relay":             "password,secret,passwd,api-key,api_key,apikey,auth,credentials,mysql_pwd,privatekey,private-key,private_key,token,otp,two-factor,two_factor",
	"Sentry's server":   "bearer",
	"Django":            "API,AUTH,TOKEN,KEY,SECRET,PASS,SIGNATURE,HTTP_COOKIE",
	"Telescope":         "authorization,php-auth-pw,password,password_confirmation,_token,cookie,x-csrf-token,x-xsrf-token",
	"Rack MiniProfiler": "password",
	"Rails":             "passw,email,secret,token,order_key,crypt,salt,certificate,otp,ssn,cvv,cvc",
	"Elastic":           "password,passwd,pwd,secret,order key,reset token,token id,user session id,credit,credit line,card,card number,authorization,set-cookie",
	"OpenTelemetry":     "AWS Access Key Id,Signature,sig,X-Goog-Signature",
	"Datadog": `password,passwd,pwd,pword,pass,passphrase,secret,api_key,api_key_id,private_key,private_key_id,public_key,public_key_id,access_key,
		access_key_id,secret_key,secret_key_id,token,consumer_id,consumer_key,consumer_secret,sign,signed,signature,auth,authentication,
		authorization,bearer`,
	"govisual": "API_KEY,SECRET,PASSWORD,TOKEN,CREDENTIAL,AUTH,CERTIFICATE,PRIVATE,KEY",
}

// shownHere are those of them that we show, with the reason. All are left to Options.Deny.
var shownHere = map[string]string{
	"identity":        "a word of every second domain model; what identifies a session is called so",
	"forwarded":       "personal, not secret; as a header it is hidden, not being on the safe list",
	"x ip":            "personal, as forwarded",
	"remote host":     "personal, as forwarded",
	"via":             "personal, as forwarded",
	"x user":          "personal, as forwarded",
	"x forwarded for": "personal, as forwarded",
	"x real ip":       "personal, as forwarded",
	"ip address":      "personal, as forwarded",
	"remote addr":     "personal, as forwarded",
	"email":           "personal: whether it may be seen depends on the app",
	"api":             "names an interface; its key, token and secret are hidden by themselves",
	"private":         "an adjective: of a key it is hidden",
	"credit":          "an amount, in most apps; cards are hidden by number and by name",
	"credit line":     "as credit",
	"card":            "as credit; cardnumber and creditcard are hidden",
	"public key":      "public",
	"public key id":   "public",
	"sign":            "a verb, and part of design: the signature is hidden",
	"signed":          "as sign: signed_in, signed_up",
}

// listedNames are all of them in words, without repetitions.
func listedNames() []string {
	all := map[string]bool{}
	for _, list := range hiddenElsewhere {
		for _, name := range strings.Split(list, ",") {
			words := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" \n\t_-.", r) })
			all[strings.ToLower(strings.Join(words, " "))] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func TestT11_WhatOthersHideIsHiddenInSixSpellings(t *testing.T) {
	t.Parallel()
	const canary = "Canary7"
	r := mask.Default()
	hidden := 0
	for _, name := range listedNames() {
		_, shown := shownHere[name]
		for how, key := range spellings(name) {
			if got := r.Key(key); got == shown {
				t.Errorf("%s, %s: Key(%q) = %v", name, how, key, got)
			}
			if shown {
				continue
			}
			hidden++
			for sink, got := range map[string]string{
				"value": r.Value(key, canary),
				"query": r.Query("a=1&" + key + "=" + canary + "&b=2"),
				"form":  fmt.Sprint(r.Form(url.Values{key: {canary}})),
				"json":  string(r.JSON(fmt.Appendf(nil, `{"a":{"%s":["%s"]}}`, key, canary))),
				"text":  r.Text("saved " + key + "=" + canary + " for bob"),
				"log":   r.Text(fmt.Sprintf(`{"msg":"saved","%s":"%s"}`, key, canary)),
				"map":   r.Struct(map[string]string{key: canary}, 0),
				"args":  fmt.Sprint(r.Args([]string{"app", "--" + key + "=" + canary})),
				"path":  r.URL("/in?" + key + "=" + canary),
			} {
				if strings.Contains(got, canary) {
					t.Errorf("%s, %s, in %s: %s", name, how, sink, got)
				}
			}
		}
	}
	if hidden < 300 {
		t.Errorf("%d spellings only", hidden)
	}
	for name := range shownHere {
		if !slices.Contains(listedNames(), name) {
			t.Errorf("%q is shown, and nobody hides it", name)
		}
	}
}

// What tells who the client is, is not secret by its name, but as a header it is not shown.
func TestT11_PersonalHeadersAreHidden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via", "Remote-Addr", "Ip-Address", "X-Remote-User", "X-User", "Identity"} {
		if got := mask.Default().Header(name, "10.1.2.3"); got != mask.Redacted {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// The list can be made longer, and not shorter: no option takes a name off it.
func TestT11_NoOptionShortensTheList(t *testing.T) {
	t.Parallel()
	for _, name := range listedNames() {
		if shownHere[name] != "" {
			continue
		}
		r, err := mask.New(mask.Options{Allow: []string{name}})
		switch {
		case err != nil && strings.Contains(err.Error(), "built-in sensitive name"):
		case err == nil && strings.HasSuffix(name, " key"): // a guess by its end, which an app may know better
			if r.Key(name) || !r.Key("password") || !r.Key("other_key") {
				t.Errorf("allowing %q changed more than that", name)
			}
		default:
			t.Errorf("allowing %q: %v", name, err)
		}
	}
	for what, o := range map[string]mask.Options{
		"empty lists": {Deny: []string{}, Allow: []string{}},
		"a name more": {Deny: []string{"loyalty"}},
		"a hook":      {Hook: func(_, value string) (string, bool) { return value, true }},
	} {
		r := mustNew(t, o)
		for _, name := range listedNames() {
			if shownHere[name] == "" && r.Value(name, "Canary7") != mask.Redacted {
				t.Errorf("%s: %q is shown", what, name)
			}
		}
	}
}

// secretValues are recognised wherever text is free, whatever stands beside them.
var secretValues = map[string]string{
	"user info":         "amqp://shop:Canary7secret@mq:5672/",
	"bearer":            "Bearer Canary7secretabcdef",
	"basic":             "Basic Q2FuYXJ5NzpzZWNyZXRzZWNyZXQ=",
	"token":             "Token Canary7secretabcdef0123",
	"jwt":               jwt,
	"private key":       "-----BEGIN RSA PRIVATE KEY-----\nCanary7secret\n-----END RSA PRIVATE KEY-----",
	"aws":               "AKIACANARY7SECRET123",
	"github":            "ghp_Canary7secretabcdef0123456789abcdef",
	"stripe":            "sk_live_Canary7secretabcdef01",
	"slack":             "xoxb-1234567890-Canary7secret",
	"openai":            "sk-proj-Canary7secretabcdef01",
	"anthropic":         "sk-ant-api03-Canary7secretab",
	"google":            "AIzaCanary7secretabcdefghijklmnopqrstu",
	"card of 13 digits": "4222222222222",
	"card with spaces":  "4111 1111 1111 1111",
	"card of 19 digits": "6304000000000000000",
	"assignment":        "password=Canary7secret",
	"JSON":              `"password":"Canary7secret"`,
}

func TestT11_ValuesAreRecognisedWhereverTextIsFree(t *testing.T) {
	t.Parallel()
	r := mask.Default()
	for kind, value := range secretValues {
		for sink, got := range map[string]string{
			"log line":   r.Text("upstream said: " + value + " and stopped"),
			"error":      r.Struct(struct{ Err error }{errors.New("call: " + value)}, 0),
			"panic":      r.Struct(struct{ V any }{fmt.Errorf("boom: %w", errors.New(value))}, 0),
			"header":     r.Header("User-Agent", "bot "+value),
			"query":      r.Query("note=" + url.QueryEscape(value)),
			"URL":        r.URL("/find?note=" + url.QueryEscape(value)),
			"statement":  r.Statement("SELECT 1 FROM t WHERE note = '" + strings.ReplaceAll(value, "'", "''") + "'"),
			"attribute":  r.Value("note", value),
			"JSON value": string(r.JSON(mustJSON(t, map[string]string{"note": value}))),
			"argument":   fmt.Sprint(r.Args([]string{"app", value})),
		} {
			secret := value
			if i := strings.Index(value, "Canary7"); i >= 0 {
				secret = "Canary7"
			} else if _, rest, ok := strings.Cut(value, "Basic "); ok {
				secret = rest
			}
			if plain, _ := url.QueryUnescape(got); strings.Contains(got, secret) || strings.Contains(plain, secret) {
				t.Errorf("%s in a %s: %s", kind, sink, got)
			}
		}
	}
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A secret is found as deep as is read, and what is deeper is hidden with whatever is in it.
func TestT11_NestedSecretsAreHiddenAtEveryDepth(t *testing.T) {
	t.Parallel()
	const shown, canary = "visible5", "Canary7"
	for depth := range 40 {
		inner := `{"note":"` + shown + `","password":"` + canary + `"}`
		for i := range depth {
			if inner = `{"a":` + inner + `}`; i%2 == 1 {
				inner = `[` + strings.TrimSuffix(strings.TrimPrefix(inner, `{"a":`), `}`) + `]`
			}
		}
		whole := string(mask.Default().JSON([]byte(inner)))
		if strings.Contains(whole, canary) || strings.Contains(whole, shown) != (depth < 16) || !json.Valid([]byte(whole)) {
			t.Errorf("at depth %d: %s", depth, whole)
		}
		for _, cut := range []int{len(inner) - 1, len(inner) * 3 / 4} { // what is cut off is hidden as a whole, or known as far as it goes
			if got := string(mask.Default().JSON([]byte(inner[:cut]))); got != `"`+mask.Redacted+`"` {
				t.Errorf("at depth %d, cut: %s", depth, got)
			}
			if got, _ := mask.Default().JSONPrefix([]byte(inner[:cut])); strings.Contains(string(got), canary) {
				t.Errorf("at depth %d, a beginning: %s", depth, got)
			}
		}
	}
}
