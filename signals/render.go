package signals

import (
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Renderer writes a value in at most max bytes, without its secrets:
// (*mask.Rules).Struct of package instrument/mask is one.
type Renderer func(v any, max int) string

// maxRendered is how many bytes of a payload or value are kept.
const maxRendered = 1024

var renderer atomic.Pointer[Renderer]

// SetRenderer makes traces show payloads and the values that receivers return, as r
// writes them, and gives [KeepRecent] its texts. It runs on the goroutine of the
// sender, so it is dearer than all else that recording does: package toolbar sets it
// in development. Nil, as at first, shows nothing of them.
func SetRenderer(r Renderer) {
	if r == nil {
		renderer.Store(nil)
		return
	}
	renderer.Store(&r)
}

// rendered is v as text; "" without a renderer, or when it panics.
func rendered(v any) (text string) {
	r := renderer.Load()
	if r == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	text = (*r)(v, maxRendered)
	if len(text) > maxRendered+len("…") {
		text = text[:maxRendered]
	}
	return text
}

// renderedAs is an attribute with v's text; none when there is no text.
func renderedAs(k instrument.Key, v any) instrument.Attr {
	if text := rendered(v); text != "" {
		return k.String(text)
	}
	return instrument.Attr{}
}
