// Package e2e shows the whole at work: the demo as its users start it, the dashboard, api/v1, the metrics and the command line
// tool over one file. What only a browser shows is in package browser, what only many requests show in package load.
package e2e
