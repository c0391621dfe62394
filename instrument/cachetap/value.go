package cachetap

import (
	"unicode/utf8"
)

// sizeOf is a value's size in bytes; -1 for not known.
func (c *Cache) sizeOf(v any) (n int) {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	if c.size == nil {
		return -1
	}
	defer func() {
		if recover() != nil {
			n = -1
		}
	}()
	return c.size(v)
}

const maxValue = 256

// render is a value as far as it is kept.
func (c *Cache) render(v any) string {
	if b, ok := v.([]byte); ok && utf8.Valid(b) {
		v = string(b)
	}
	return c.rules.Struct(v, maxValue)
}
