// Package export turns Records into what can be pasted elsewhere: a command line for
// curl, a Go program, a Go test, a HAR file for a browser's tools, or Markdown for a
// colleague or an agent.
//
//	text, err := export.Curl(rec)
//
// Everything is a pure function of a decoded Record. Secrets were hidden when the
// Record was made, so what is exported asks for them: a hidden cookie called session
// becomes "$SESSION" in a shell and os.Getenv("SESSION") in Go. Captured text is hostile:
// whatever a client sent stays one argument of the command, one string of the program.
package export
