package main

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// customClasses has each class that markup of an app's own may use, as docs/custom.md lists them.
func customClasses() view.CustomPage {
	return view.CustomPage{Body: templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, classMarkup)
		return err
	})}
}

const classMarkup = `
<div class="tiles">
<div class="tile"><span class="label">Firings</span><span class="value">41 <span class="u">/ month</span></span><span class="note">3 more than in April</span></div>
<div class="tile"><span class="label">Broken</span><span class="value st-bad">7</span><span class="note">too many</span></div>
</div>
<div class="cols even">
<section class="card" aria-label="Kilns"><div class="card-h"><h2>Kilns</h2><span class="dim">at the moment</span></div>
<ul class="plain">
<li><span class="grow">Gas</span><span class="badge ok">cooling</span><span class="when">since 12:40</span></li>
<li><span class="grow">Electric</span><span class="badge slow">late</span><span class="when">since 9:15</span></li>
<li><span class="grow">Wood</span><span class="badge bad">out</span><span class="when">for a week</span></li>
</ul></section>
<section class="card" aria-label="Next firing"><div class="card-h"><h2>Next firing</h2></div>
<div class="pad stack"><dl class="kv"><dt>When</dt><dd class="nowrap">Thursday, 18:00</dd><dt>Programme</dt><dd class="mono">bisque-980</dd></dl>
<p class="ink2">It needs <b class="st-slow">four more shelves</b>; the glaze is <b class="st-ok">ready</b>.</p>
<div class="btn-row"><a class="btn" href="/kilns/2">Kiln 2</a><a class="btn" href="/kilns/3">Kiln 3</a></div></div></section>
<section class="card across" aria-label="Shelves"><div class="card-h"><h2>Shelves</h2></div>
<div class="table-wrap" tabindex="0" role="region" aria-label="Shelves"><table class="t"><caption class="sr">What stands on the shelves</caption>
<thead><tr><th scope="col">Shelf</th><th scope="col" class="num">Pieces</th></tr></thead>
<tbody><tr><td>Bowls <span class="src">upper left</span></td><td class="num">41</td></tr><tr><td>Mugs</td><td class="num">128</td></tr></tbody></table></div></section>
</div>
`
