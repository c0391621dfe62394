package mask_test

import (
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func TestShape_IdsBecomeOneName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                             "",
		"/":                            "/",
		"/charges":                     "/charges",
		"/v1/charges/ch_3Px9/items/42": "/v1/charges/ch_{id}/items/{id}",
		"/v12/rates":                   "/v12/rates",
		"/oauth2/token":                "/oauth2/token",
		"session:8f3a9c04":             "session:{id}",
		"user:42:cart":                 "user:{id}:cart",
		"cart-8812:lines":              "cart-{id}:lines",
		"stock:FH-101":                 "stock:FH-{id}",
		"p_20261121":                   "p_{id}",
		"day:2026-11-21":               "day:{id}",
		"orders/550e8400-e29b-41d4-a716-446655440000/lines":  "orders/{id}/lines",
		"mail:mara@example.test":                             "mail:{id}",
		"reset:AbCdEfGhIjKlMnOpQr":                           "reset:{id}",
		"/shop.v1.CatalogService/ListProductsByCategory":     "/shop.v1.CatalogService/ListProductsByCategory",
		"/services/T012345/B012345/XXXXXXXXXXXXXXXXXXXXXXXX": "/services/{id}/{id}/{id}",
		"shelf:mugs":                          "shelf:mugs",
		"a-long-shelf-name-that-people-write": "a-long-shelf-name-that-people-write",
		"/caf%C3%A9/menu":                     "/{id}/menu",
		"/café/menu":                          "/{id}/menu",
		"deadbeef0001":                        "{id}",
		"/products/blue-mug":                  "/products/blue-mug",
		"//a//1//":                            "//a//{id}//",
	} {
		if got := mask.Shape(in); got != want {
			t.Errorf("Shape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestKeyPath_WhatFollowsASensitivePartIsHidden(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                       "",
		"user:42:cart":                           "user:42:cart",
		"session:8f3a9c04":                       "session:[redacted]",
		"shop/session:8f3a9c04:flash":            "shop/session:[redacted]",
		"session:{id}":                           "session:{id}",
		"session":                                "session",
		"session_8f3a9c04":                       "session_{id}",
		"reset_token:mara":                       "reset_token:[redacted]",
		"page:Bearer abcdefghijklmnopqrstuvwxyz": "page:Bearer [redacted]",
		"::":                                     "::",
	} {
		if got := mask.Default().KeyPath(in); got != want {
			t.Errorf("KeyPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzShape(f *testing.F) {
	for _, s := range []string{"/v1/charges/ch_3Px9", "a:b:1", "{id}", "\x00\xff", "é/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := mask.Shape(s)
		if twice := mask.Shape(once); twice != once {
			t.Errorf("Shape(%q) = %q, and of that %q", s, once, twice)
		}
		for _, long := range strings.FieldsFunc(once, func(r rune) bool { return !(r >= '0' && r <= '9') }) {
			if len(long) > 3 {
				t.Errorf("Shape(%q) = %q keeps the number %s", s, once, long)
			}
		}
	})
}
