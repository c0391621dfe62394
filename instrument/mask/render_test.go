package mask_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

type user struct {
	Name     string
	Password string
}

type statusChange struct {
	Order int
	To    string
	By    *user
}

type tagged struct {
	ID      int    `json:"id,omitempty"`
	Note    string `toolbar:"mask"`
	Empty   string `toolbar:"mask"`
	Gone    string `toolbar:"-"`
	NotJSON string `json:"-"`
	Plain   string `json:",omitempty"`
	Token   string `json:"t"`
	hidden  string
}

// String would spell out what the tags hide.
func (t tagged) String() string { return t.Note + t.Gone + t.hidden }

type account struct{ ID, Secret string }

func (a account) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", a.ID), slog.Int("pin", 1))
}

type selfish struct{ X int }

func (s selfish) LogValue() slog.Value { return slog.AnyValue(struct{ S any }{selfishPlain(s)}) }

type selfishPlain struct{ X int }

type angry struct{}

func (angry) Error() string { panic("CANARY") }

type state int

func (s state) String() string { return [...]string{"new", "token=abc"}[s] }

type node struct {
	Name string
	Next *node
	Any  any
}

func TestStruct(t *testing.T) {
	t.Parallel()
	loop := &node{Name: "a"}
	loop.Next = loop
	deep := &node{Name: "1"}
	for i := range 9 {
		deep = &node{Name: fmt.Sprint(i), Next: deep}
	}
	m := map[string]any{"b": 1}
	m["self"] = m
	long := make([]int, 20)
	for _, tc := range []struct {
		name string
		in   any
		want string
	}{
		{"plain", struct {
			Order int
			To    string
		}{20417, "confirmed"}, `{Order:20417 To:"confirmed"}`},
		{"by name", statusChange{1, "x", &user{"bob", "hunter2"}}, `{Order:1 To:"x" By:{Name:"bob" Password:[redacted]}}`},
		{"nil inside", statusChange{}, `{Order:0 To:"" By:nil}`},
		{"empty secret", user{}, `{Name:"" Password:""}`},
		{"tags", tagged{ID: 7, Note: "n", Gone: "g", NotJSON: "j", Plain: "p", Token: "t", hidden: "h"}, `{id:7 Note:[redacted] Empty:"" Plain:"p" t:[redacted]}`},
		{"log valuer", account{"7", "s"}, `{id:"7" pin:[redacted]}`},
		{"log valuer, inside", []account{{"7", "s"}}, `[{id:"7" pin:[redacted]}]`},
		{"log valuer to struct", selfish{1}, `{S:{X:1}}`},
		{"text is looked at", struct{ Note, URL string }{"password=x", "https://u:p@h"}, `{Note:"password=[redacted]" URL:"https://[redacted]@h"}`},
		{"error", errors.New("dial redis://:pw@h: refused"), `"dial redis://[redacted]@h: refused"`},
		{"panicking method", struct{ E error }{angry{}}, `{E:"[redaction failed]"}`},
		{"stringer", []state{0, 1}, `["new" "token=[redacted]"]`},
		{"stringer that fails", state(9), `"[redaction failed]"`},
		{"structs that only have a text", []any{big.NewInt(5), netip.MustParseAddr("::1")}, `["5" "::1"]`},
		{"time", []any{time.Date(2026, 11, 21, 8, 0, 0, 5, time.UTC), 3 * time.Second}, `[2026-11-21T08:00:00.000000005Z 3s]`},
		{"bytes", struct{ Body []byte }{[]byte("token")}, `{Body:<5 bytes>}`},
		{"raw json", json.RawMessage(`{"pin":1}`), `{"pin":"[redacted]"}`},
		{"map, sorted", map[string]any{"z": 1, "a": nil, "token": "x", "pin": 5}, `map[a:nil pin:[redacted] token:[redacted] z:1]`},
		{"map of numbers", map[int]bool{2: true, 1: false}, `map[1:false 2:true]`},
		{"number that is a card", struct{ N int }{4111111111111111}, `{N:[redacted]}`},
		{"floats", []any{1.5, float32(0.1), 2i}, `[1.5 0.1 (0+2i)]`},
		{"nothing to show", []any{func() {}, make(chan int)}, `[func chan]`},
		{"nil", nil, "nil"},
		{"cycle", loop, `{Name:"a" Next:<cycle> Any:nil}`},
		{"cycle of a map", m, `map[b:1 self:<cycle>]`},
		{"long slice", long, `[` + strings.Repeat("0 ", 16) + `…+4]`},
		{"deep", deep, `{Name:"8" Next:{Name:"7" Next:{Name:"6" Next:{Name:"5" Next:{Name:"4" Next:{Name:"3" Next:… Any:nil} Any:nil} Any:nil} Any:nil} Any:nil} Any:nil}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := mask.Default().Struct(tc.in, 0); got != tc.want {
				t.Errorf("\n got %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestStructStaysWithinItsLimit(t *testing.T) {
	t.Parallel()
	big := make(map[int]int)
	for i := range 300 {
		big[i] = i
	}
	values := []any{strings.Repeat("ü", 5000), statusChange{1, "confirmed", nil}, make([]string, 5000), big, &node{Any: big}}
	for _, v := range values {
		for limit := 1; limit < 70; limit++ {
			got := mask.Default().Struct(v, limit)
			if len(got) > limit || !utf8.ValidString(got) {
				t.Fatalf("limit %d: %d bytes: %q", limit, len(got), got)
			}
		}
	}
	if got := mask.Default().Struct(strings.Repeat("x", 5000), 0); len(got) != 1024 || !strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes by default, ends %q", len(got), got[len(got)-5:])
	}
}

func TestStructHidesASecretThatTheLimitCuts(t *testing.T) {
	t.Parallel()
	got := mask.Default().Struct(strings.Repeat("x", 40)+" "+jwt, 60)
	if strings.Contains(got, "eyJ") {
		t.Error(got)
	}
}
