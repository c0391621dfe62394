// Package notify tells people of trouble: each alert that begins and ends, and each new
// finding, as one [Notification].
//
//	every minute, and at Flush and Close:
//	  Config.Look ─▶ what is wrong ─▶ told already? ─▶ queue ─▶ one goroutine ─▶ Config.Notify
//	                                     │ yes: counted      │ full: counted
//
// Nothing of it is on a request's path. What was told is remembered in memory, within
// bounds, so that the same thing of the same handler is told once in [Config].Quiet; a
// process that is started anew has forgotten it, and tells again of what goes on after its
// start. Each process tells of what it has recorded itself.
//
// Package webhook has functions that tell chats and other programs:
//
//	send, err := webhook.Chat(os.Getenv("CHAT_WEBHOOK"), webhook.Options{})
//	...
//	tb, err := toolbar.New(toolbar.Config{Notify: send, PublicURL: "https://shop.example.com"})
package notify
