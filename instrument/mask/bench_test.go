package mask_test

import (
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func BenchmarkKey(b *testing.B) {
	for _, key := range []string{"status", "user_name", "X-Amz-Security-Token", "tokenizer_count", "primary_key", "shop[user][api%5Fkey]"} {
		b.Run(key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mask.Default().Key(key)
			}
		})
	}
}

func BenchmarkText(b *testing.B) {
	texts := map[string]string{
		"clean-log-line": "2026/11/21 00:02:03 GET /orders/42?page=2&sort=name 200 12.3ms",
		"clean-prose-1K": strings.Repeat("The quick brown fox jumps over the lazy dog. ", 23),
		"one-secret":     "dial postgres://shop:hunter2@db:5432/shop?sslmode=disable: connection refused",
		"query":          "page=2&sort=name&token=abcdef&q=shoes",
		"error":          "reserve stock: query row: context deadline exceeded",
	}
	for name, s := range texts {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				mask.Default().Text(s)
			}
		})
	}
}

func BenchmarkTextHostile1MB(b *testing.B) {
	for _, name := range []string{"equals", "secrets", "digit groups", "urls with colon", "dsn with colon", "token plus"} {
		s := strings.Repeat(hostile[name], 1<<20/len(hostile[name]))
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				mask.Default().Text(s)
			}
		})
	}
}

func BenchmarkStatement(b *testing.B) {
	const sql = "SELECT o.id, o.total FROM orders o JOIN users u ON u.id = o.user_id WHERE u.email = 'bob@example.com' AND o.id IN (1, 2, 3) LIMIT 20"
	b.SetBytes(int64(len(sql)))
	b.ReportAllocs()
	for b.Loop() {
		mask.Default().Statement(sql)
	}
}

func BenchmarkJSON(b *testing.B) {
	body := []byte(`{"user":{"name":"bob","password":"hunter2","tags":["a","b"]},"items":[{"sku":"A-1","price":12.50},{"sku":"B-2","price":3}]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		mask.Default().JSON(body)
	}
}

func BenchmarkStruct(b *testing.B) {
	v := statusChange{Order: 20417, To: "confirmed", By: &user{Name: "bob", Password: "hunter2"}}
	b.ReportAllocs()
	for b.Loop() {
		mask.Default().Struct(v, 0)
	}
}
