// Package budget holds handlers to limits that a team has agreed on, so that a build
// fails when one is broken instead of the pager:
//
//	budgets:
//	  - handler: "GET /orders*"   # text in the name, or a pattern with *
//	    p95: 200ms
//	    max: 2s
//	    errors: 1%                # share of calls that may fail
//	    queries: 20               # the most in any Record
//	    n_plus_one: 0             # Records with such a loop
//	  - handler: send-*
//	    kind: receiver            # request, unless it says otherwise
//	    p99: 1s
//	    min_calls: 50             # with fewer, times and errors are not judged
//	    required: true            # no call at all is a failure, too
//
// A budget holds for each handler that it matches; where several match, all hold.
package budget
