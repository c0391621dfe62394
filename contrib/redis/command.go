package redistap

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// command is what is told of a command.
type command struct {
	cmd    redis.Cmder
	op     string // "GET"
	keys   []string
	shape  string // "SET stock:FH-101 text(42) EX 60"
	lookup bool   // it finds something, or does not
	size   int    // of the value that is written; -1: none is, or not known
	ttl    time.Duration
}

// lookups are the commands whose result is a hit or a miss. Of others only redis.Nil says
// that something was not there.
var lookups = words(`GET GETEX GETDEL MGET HGET HMGET HGETALL EXISTS HEXISTS SISMEMBER ZSCORE SMEMBERS JSON.GET`)

// silent are the commands of which nothing is told but that they ran.
var silent = words(`AUTH HELLO ACL CONFIG MIGRATE`)

// keyless are the commands whose first argument is no key.
var keyless = words(`PING ECHO SELECT CLIENT INFO TIME DBSIZE SCAN FLUSHDB FLUSHALL COMMAND CLUSTER READONLY READWRITE
	MULTI EXEC DISCARD UNWATCH SCRIPT FUNCTION PUBLISH SPUBLISH SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE
	PUBSUB WAIT WAITAOF QUIT LATENCY SLOWLOG MODULE SAVE BGSAVE LASTSAVE RANDOMKEY SWAPDB ROLE MONITOR DEBUG KEYS`)

// manyKeys are the commands all of whose arguments are keys.
var manyKeys = words(`MGET DEL UNLINK EXISTS TOUCH WATCH SUNION SINTER SDIFF PFCOUNT`)

// options are the words in commands that are no values.
var options = words(`EX PX EXAT PXAT NX XX KEEPTTL GET GT LT CH INCR WITHSCORES LIMIT BYSCORE BYLEX REV COUNT BLOCK STREAMS GROUP
	MATCH TYPE LEFT RIGHT BEFORE AFTER ASC DESC ALPHA STORE BY MAXLEN MINID ID MKSTREAM NOACK FIELDS PERSIST AND OR XOR NOT`)

func words(text string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		m[w] = true
	}
	return m
}

// read takes a command apart. Whatever an app sends must not fail here.
func read(cmd redis.Cmder) (c *command) {
	c = &command{cmd: cmd, op: "COMMAND", size: -1}
	defer func() { _ = recover() }()
	name := strings.ToUpper(cmd.Name())
	if name == "" || len(name) > maxName || strings.IndexFunc(name, notInName) >= 0 {
		return c
	}
	c.op, c.lookup = name, lookups[name]
	if silent[name] {
		return c
	}
	args := cmd.Args()
	first, last := keyPlaces(name, args)
	for i := first; i > 0 && i < last && i < len(args); i++ {
		c.keys = append(c.keys, text(args[i]))
	}
	c.writes(args)
	c.shape = shapeOf(name, args, first, last)
	return c
}

const maxName = 32

// notInName tells what names of commands do not have: anybody may call one anything.
func notInName(r rune) bool { return !(r >= 'A' && r <= 'Z' || r == '.' || r == '_' || r == '-') }

// setsUp reports whether a command is about the connection.
func (c *command) setsUp() bool {
	switch c.op {
	case "HELLO", "AUTH", "CLIENT", "SELECT", "READONLY", "READWRITE":
		return true
	}
	return false
}

// keyPlaces says which arguments are keys: from first up to, but without, last.
func keyPlaces(name string, args []any) (first, last int) {
	switch {
	case keyless[name]:
		return 0, 0
	case manyKeys[name]:
		return 1, len(args)
	}
	switch name {
	case "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO":
		return counted(args, 2)
	case "ZUNION", "ZINTER", "ZDIFF", "SINTERCARD", "ZINTERCARD", "LMPOP", "ZMPOP":
		return counted(args, 1)
	case "BITOP", "OBJECT", "MEMORY", "XGROUP", "XINFO":
		return 2, 3
	case "XREAD", "XREADGROUP":
		for i := 1; i < len(args); i++ {
			if strings.EqualFold(text(args[i]), "streams") {
				return i + 1, i + 1 + (len(args)-i-1)/2
			}
		}
		return 0, 0
	}
	return 1, 2
}

// counted is for commands that say at a place how many keys follow.
func counted(args []any, at int) (first, last int) {
	if at >= len(args) {
		return 0, 0
	}
	n, ok := number(args[at])
	if !ok || n <= 0 || n > int64(len(args)) {
		return 0, 0
	}
	return at + 1, at + 1 + int(n)
}

// writes notes the size of a value and how long it is kept.
func (c *command) writes(args []any) {
	switch c.op {
	case "SET", "SETNX", "GETSET", "APPEND":
		c.size = sizeOf(args, 2)
	case "SETEX", "PSETEX":
		c.size = sizeOf(args, 3)
		c.ttl = expiry(args, 2, c.op == "PSETEX")
	case "EXPIRE", "PEXPIRE":
		c.ttl = expiry(args, 2, c.op == "PEXPIRE")
	}
	if c.op == "SET" || c.op == "GETEX" {
		for i := 2; i+1 < len(args); i++ {
			switch word, _ := args[i].(string); strings.ToUpper(word) {
			case "EX":
				c.ttl = expiry(args, i+1, false)
			case "PX":
				c.ttl = expiry(args, i+1, true)
			}
		}
	}
}

func sizeOf(args []any, at int) int {
	if at >= len(args) {
		return -1
	}
	switch v := args[at].(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	return -1
}

func expiry(args []any, at int, millis bool) time.Duration {
	if at >= len(args) {
		return 0
	}
	n, ok := number(args[at])
	if !ok {
		return 0
	}
	if millis {
		return time.Duration(n) * time.Millisecond
	}
	return time.Duration(n) * time.Second
}

// What is shown of a command.
const (
	maxShown = 12  // arguments
	maxText  = 300 // bytes
)

// shapeOf is a command with its keys, masked, and the kinds of its other arguments.
func shapeOf(name string, args []any, first, last int) string {
	var b strings.Builder
	b.WriteString(name)
	plain := false // the argument before was an option that a number follows
	for i := 1; i < len(args); i++ {
		if i > maxShown || b.Len() > maxText {
			fmt.Fprintf(&b, " … and %d more", len(args)-i)
			break
		}
		b.WriteByte(' ')
		word, isText := args[i].(string)
		switch n, isNumber := args[i].(int64); {
		case first > 0 && i >= first && i < last:
			b.WriteString(mask.Default().KeyPath(cut(text(args[i]))))
		case isText && options[strings.ToUpper(word)]:
			b.WriteString(strings.ToUpper(word))
			plain = true
			continue
		case plain && isNumber:
			b.WriteString(strconv.FormatInt(n, 10))
		default:
			b.WriteString(kindOf(args[i]))
		}
		plain = false
	}
	return b.String()
}

const maxKey = 120

func cut(s string) string {
	if len(s) > maxKey {
		return strings.ToValidUTF8(s[:maxKey], "") + "…"
	}
	return s
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case string:
		return "text(" + strconv.Itoa(len(v)) + ")"
	case []byte:
		return "bytes(" + strconv.Itoa(len(v)) + ")"
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return "int"
	case float32, float64:
		return "float"
	}
	return fmt.Sprintf("%T", v)
}

// text is an argument that is a key.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case int, int64, uint64:
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%T", v) // its String might do anything
}
