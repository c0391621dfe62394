// Package reporter hands what went wrong to another system: a tracker of errors, a chat,
// a pager. Each error or panic is one [Event], however many layers it went through on its
// way out, told by the same rules as the dashboard's list of exceptions: what ended a
// view, a layer, a receiver, a command or a task, what the app gave to
// instrument.Report, and panics.
//
//	Recording.End ─▶ Reporter.Put     a copy of the masked bytes; full = dropped and counted
//	──────────────────────────────────  the request is answered
//	                 one goroutine: exceptions.Of ─▶ Config.Report, an Event at a time
//
// What is reported is what was recorded: masked at capture, with the id of the Record.
// Records that are not kept are reported all the same; what is not recorded at all,
// because of an Ignore, is not.
package reporter
