module github.com/go-debug-toolbar/debugtoolbar/contrib/gorilla

go 1.26.0

require (
	github.com/go-debug-toolbar/debugtoolbar v0.0.0
	github.com/gorilla/mux v1.8.1
	github.com/gorilla/websocket v1.5.3
	go.uber.org/goleak v1.3.0
)

replace github.com/go-debug-toolbar/debugtoolbar => ../../
