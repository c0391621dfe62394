package instrument

import "testing"

func TestCleanFunc_NamesThePackage(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"github.com/alexedwards/scs/v2.(*SessionManager).LoadAndSave-fm": "scs.(*SessionManager).LoadAndSave",
		"github.com/go-chi/chi/v5.(*Mux).ServeHTTP":                      "chi.(*Mux).ServeHTTP",
		"github.com/go-chi/chi/v5/middleware.Logger":                     "middleware.Logger",
		"gopkg.in/yaml%2ev3.Unmarshal":                                   "yaml.Unmarshal",
		"example.test/shop.(*Server).Checkout":                           "shop.(*Server).Checkout",
		"main.main.func1":                                                "main.main.func1",
		"example.test/v2ray.Run":                                         "v2ray.Run",
		"v2.Run":                                                         "v2.Run",
		"example.test/vat.Of[...]":                                       "vat.Of",
		"example.test/a/b.Map[example.test/c.T]":                         "b.Map[example.test/c.T]",
		"":                                                               "",
	} {
		if got := cleanFunc(in); got != want {
			t.Errorf("%q is called %q, want %q", in, got, want)
		}
	}
}
