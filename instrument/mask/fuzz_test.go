package mask_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

const fuzzCanary = "Zq7CANARYx42Jw"

// places is where a canary is sensitive whatever surrounds the line.
var places = []string{
	"password=%", "token: %", `"api_key":"%"`, `{"secret": "a %"}`, "Authorization: Bearer %", "Bearer %", "https://bob:%@example.com/x",
	"bob:%@tcp(db)/x", "GET /?access_token=%&x=1", "cookie: a=%", "sk_live_%0123456789", "ghp_%0123456789", "next=%3Fpassword%3D%",
}

func place(n uint8) string {
	p := places[int(n)%len(places)]
	i := strings.LastIndexByte(strings.TrimRight(p, "0123456789"), '%')
	if j := strings.Index(p, "%@"); j >= 0 {
		i = j
	} else if j := strings.Index(p, `%"`); j >= 0 {
		i = j
	} else if j := strings.Index(p, "%&"); j >= 0 {
		i = j
	}
	return p[:i] + fuzzCanary + p[i+1:]
}

func FuzzText(f *testing.F) {
	for i, tc := range hidden {
		f.Add(tc.in, "", uint8(i))
	}
	for i, s := range visible {
		f.Add(s, s, uint8(i))
	}
	f.Fuzz(func(t *testing.T, before, after string, where uint8) {
		r := mask.Default()
		in := before + "\n" + place(where) + "\n" + after
		out, n := r.TextN(in)
		if strings.Contains(out, fuzzCanary) && !strings.Contains(before+after, fuzzCanary) {
			t.Fatalf("canary in %q of %q", out, in)
		}
		if (n > 0) != (out != in) {
			t.Fatalf("%d hidden of %q: %q", n, in, out)
		}
		if again := r.Text(out); again != out {
			t.Fatalf("not idempotent\n   in %q\n once %q\ntwice %q", in, out, again)
		}
	})
}

// literals is how a canary can stand in SQL as a value.
var literals = []string{
	"'%'", "'a''%'", "E'a\\'%'", "$$%$$", "$x$ % $x$", "x'%'", "-- %\n", "/* % */", "/* a /* b */ % */", "'% unfinished", "N'%'", "_utf8'%'",
	"\"a %! \"", "IN ('%', 1)", "VALUES ('%'), ('%')", "LIKE \"%\"", "= \"%\"", "# %\n", "'a\\\\'||'%'", "$$ % unfinished",
}

func FuzzStatement(f *testing.F) {
	for i := range literals {
		f.Add("SELECT `a`, \"b\" FROM c WHERE d IN (1, -2) AND e = ", " AND f > 0x1F LIMIT 1.5e3", uint8(i))
	}
	f.Add("INSERT INTO a(\"b\") VALUES (1,2),(3,4)", "ON CONFLICT (\"b\") DO UPDATE SET c = $1::text || :name || @p || ?2", uint8(0))
	f.Add("a-/**/-b", "a.2-5 - -5 '' $ $ $a$ ``", uint8(3))
	f.Fuzz(func(t *testing.T, before, after string, which uint8) {
		r := mask.Default()
		shape := r.Statement(before)
		if again := r.Statement(shape); again != shape {
			t.Fatalf("not idempotent\n   in %q\n once %q\ntwice %q", before, shape, again)
		}
		// Behind a closed statement, a literal must not survive.
		literal := strings.ReplaceAll(literals[int(which)%len(literals)], "%", fuzzCanary)
		in := "SELECT 1; SELECT 2 WHERE x = 1 AND y " + literal + "\n" + after
		if out := r.Statement(in); strings.Contains(out, fuzzCanary) && !strings.Contains(after, fuzzCanary) {
			t.Fatalf("literal survives in %q of %q", out, in)
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"a":[1,2.5,{"password":{"x":null}}],"token":"x","b":"y=\u0041"}`)
	f.Add(`[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]`)
	f.Add(`{"pa`)
	f.Add(`"password=x"`)
	f.Fuzz(func(t *testing.T, body string) {
		r := mask.Default()
		out := r.JSON([]byte(body))
		if strings.TrimSpace(body) != "" && !json.Valid(out) {
			t.Fatalf("%q became invalid: %q", body, out)
		}
		if again := r.JSON(out); string(again) != string(out) {
			t.Fatalf("not idempotent\n   in %q\n once %q\ntwice %q", body, out, again)
		}
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("a=1&token=x;b=%2", "https://u:p@h/x?y=1#z")
	f.Add("next=%2Fx%3Fpassword%3Dy", "/%zz")
	f.Fuzz(func(t *testing.T, query, rawURL string) {
		r := mask.Default()
		once := r.Query(query)
		if again := r.Query(once); again != once {
			t.Fatalf("not idempotent\n   in %q\n once %q\ntwice %q", query, once, again)
		}
		r.URL(rawURL)
		if out := r.Query("password=" + fuzzCanary + "&" + query); strings.Contains(out, fuzzCanary) && !strings.Contains(query, fuzzCanary) {
			t.Fatalf("canary in %q", out)
		}
	})
}
