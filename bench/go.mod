module github.com/go-debug-toolbar/debugtoolbar/bench

go 1.26.0

replace github.com/go-debug-toolbar/debugtoolbar => ../
