// Package debugtoolbar is the root of the Go Debug Toolbar. It has no code of its
// own: apps begin with package toolbar.
package debugtoolbar
