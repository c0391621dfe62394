package middleware

import "net/http"

// copyBack gives an outer request what inner handlers set on a copy of it.
// net/http removes the temporary files of the form that it finds on its own
// request, and outer layers want to know the route that was chosen. Nothing
// is written that did not change: somebody may still be reading.
func copyBack(outer, inner *http.Request) {
	if outer.MultipartForm == nil && inner.MultipartForm != nil {
		outer.MultipartForm = inner.MultipartForm
	}
	if outer.Form == nil && inner.Form != nil {
		outer.Form, outer.PostForm = inner.Form, inner.PostForm
	}
	if outer.Pattern != inner.Pattern {
		outer.Pattern = inner.Pattern
	}
}
