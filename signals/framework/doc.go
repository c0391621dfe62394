// Package framework has the signals that a program gets without sending them: a
// request began, a request is over, an error reached nobody, a command began and
// ended. They are sent for whatever a Recorder records, so neither the middleware nor
// the commands know of signals.
//
//	stop := framework.Install(recorder)
//	defer stop()
//
//	framework.RequestFinished.Connect(func(ctx context.Context, e signals.Event[framework.Finished]) error {
//		log.Println(e.Payload.Path, e.Payload.Status, e.Payload.Duration)
//		return nil
//	})
//
// All of them are robust: an error or a panic of a receiver is logged, and does not
// reach the request. The sender of RequestFinished is the route, "POST /orders", that
// of the commands' signals is the command, and the others have none: when they are
// sent the route is not known yet.
//
//	Begin ── RequestStarted ── handler ── GotRequestException ── last byte ── End ── RequestFinished
//	                              └ panics or fails with nobody to answer
//
// RequestFinished is sent once for each request, when its last byte is written, also
// for streamed and abandoned responses. What a receiver of it does is no part of the
// request any more and stands in the trace as a Record below it.
package framework
