package middleware

import (
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestDeclaredName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, want string }{
		{"shop.requestLog", "/src/shop/log.go", "shop.requestLog"},
		{"shop.(*Server).Checkout", "/src/shop/server.go", "shop.(*Server).Checkout"},
		{"shop.throttle.func1", "/src/shop/mw.go", "shop.throttle"},
		{"shop.throttle.func1.2", "/src/shop/mw.go", "shop.throttle"},
		{"main.throttle.func1", "/src/shop/mw.go", "main.throttle"},
		{"main.main.throttle.func1", "/src/shop/mw.go", "shop.throttle"},
		{"main.main.Timeout.func2", "/mod/github.com/go-chi/chi/v5@v5.2.0/middleware/timeout.go", "middleware.Timeout"},
		{"main.main.New.func2", "/mod/example.com/cors/v2@v2.0.0/cors.go", "cors.New"},
		{"shop.(*Server).routes.func3", "/src/shop/server.go", "shop.(*Server).routes"},
		{"main.main.(*Server).routes.func3", "/src/shop/server.go", "shop.(*Server).routes"},
		{"shop_test.TestX.throttle.func1", "/src/shop/mw_test.go", "shop_test.throttle"},
		{"shop.init.func1", "/src/shop/mw.go", "shop.init"},
	} {
		if got := declaredName(instrument.Source{Func: c.name, File: c.file}); got != c.want {
			t.Errorf("%s in %s is called %s, want %s", c.name, c.file, got, c.want)
		}
	}
}
