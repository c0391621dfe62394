package web

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// editors are the addresses by which editors open a file.
var editors = map[string]string{
	"vscode":   "vscode://file{file}:{line}",
	"cursor":   "cursor://file{file}:{line}",
	"zed":      "zed://file{file}:{line}",
	"goland":   "goland://open?file={path}&line={line}",
	"idea":     "idea://open?file={path}&line={line}",
	"sublime":  "subl://open?url=file://{path}&line={line}",
	"textmate": "txmt://open?url=file://{path}&line={line}",
}

// editor makes the links of Config.Editor; the error says which names there are.
func editor(name string, paths map[string]string) (view.Editor, error) {
	template, known := editors[name]
	switch {
	case name == "":
		return view.Editor{}, nil
	case !known && !strings.Contains(name, "{"):
		return view.Editor{}, fmt.Errorf("web: Config.Editor is %q: use vscode, cursor, zed, goland, idea, sublime, textmate or an address like \"vscode://file{file}:{line}\"", name)
	case !known:
		template = name
	}
	if scheme, _, ok := strings.Cut(template, ":"); !ok || strings.EqualFold(scheme, "javascript") || strings.EqualFold(scheme, "data") {
		return view.Editor{}, fmt.Errorf("web: Config.Editor is %q: it must begin with the scheme of an editor, like \"vscode:\"", name)
	}
	return view.Editor{Template: template, Map: paths, Find: places.find}, nil
}

// places remembers which file a place stands for: pages show its last folder alone.
var places placeMap

type placeMap struct {
	files sync.Map // "shop/cart.go" to its whole path
	n     atomic.Int64
}

const maxPlaces = 20_000

// text is a place as pages show it.
func (p *placeMap) text(s instrument.Source) string {
	text := s.String()
	if i := strings.LastIndexByte(text, ':'); i > 0 && p.n.Load() < maxPlaces {
		if _, known := p.files.LoadOrStore(text[:i], s.File); !known {
			p.n.Add(1)
		}
	}
	return text
}

func (p *placeMap) find(short string) string {
	file, _ := p.files.Load(short)
	full, _ := file.(string)
	return full
}

// placeOf is a place as pages show it, which they can open in an editor.
func placeOf(s instrument.Source) string { return places.text(s) }
