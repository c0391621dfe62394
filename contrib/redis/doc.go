// Package redistap reports what an app asks of Redis, or of a server that speaks like it,
// through go-redis: each command with its result, its keys by group, the line in the app's
// code, and pipelines by their commands.
//
//	client := redis.NewClient(&redis.Options{Addr: addr})
//	client.AddHook(redistap.New("redis"))
//
// A client of a cluster, a ring or a fail-over takes the hook in the same way. Give clients
// that do different work different names: pages and statistics go by them.
//
// redis.Nil says that a key is not there: it is a miss and no failure. Values are not kept,
// only their size; of commands stay the name, the masked keys and the kinds of the other
// arguments. AUTH and HELLO tell nothing but that they ran. Options are package cachetap's.
//
// A command in a pipeline has no time of its own, so that the pipeline is counted and its
// commands stand below it, with statistics of their own for hits and misses.
package redistap
