package oteltrace

import (
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// The kinds that this package adds.
var (
	kindMessaging = instrument.RegisterKind("messaging")
	kindEvent     = instrument.RegisterKind("event")
	kindPrepare   = instrument.RegisterKind("prepare") // sqltap's
)

// Attributes that say more than what the library reported.
var (
	keyLink          = instrument.NewKey("otel.link")
	keyScope         = instrument.NewKey("otel.scope.name")
	keyDroppedAttrs  = instrument.NewKey("otel.dropped_attributes_count")
	keyDroppedEvents = instrument.NewKey("otel.dropped_events_count")
	keyDroppedLinks  = instrument.NewKey("otel.dropped_links_count")
	keyCacheName     = instrument.NewKey("cache.name")
	keyCacheOp       = instrument.NewKey("cache.operation")
	keyCacheKey      = instrument.NewKey("cache.key")
	keyParameters    = instrument.NewKey("db.query.parameters")
)

// facts are what the attributes of a span mean.
type facts struct {
	system, statement, summary, operation, collection string
	parameters                                        string
	method, route, path, server                       string
	rpc, messaging, prepared                          bool
	status                                            int
}

// learn notes what an attribute means. It reports whether the attribute is to be kept as
// it is, too.
func (f *facts) learn(k *key, text string, number int64) (keep bool) {
	switch k.meaning {
	case meansSystem:
		f.system = strings.ToLower(text)
	case meansStatement:
		f.statement = text
		return false // its fingerprint is kept
	case meansParameters:
		if text != "[]" {
			f.parameters += text
		}
		return false // until it is known what they are for
	case meansPrepared:
		f.prepared = true
		return false // a name made up by the client
	case meansSummary:
		f.summary = text
	case meansOperation:
		f.operation = text
	case meansCollection:
		f.collection = text
	case meansMethod:
		f.method = text
	case meansRoute:
		f.route = text
	case meansPath:
		f.path = text
	case meansPathQuery:
		f.path, _, _ = strings.Cut(text, "?")
	case meansServer:
		f.server = text
	case meansRPC:
		f.rpc = true
	case meansMessaging:
		f.messaging = true
	case meansStatus, meansRPCStatus:
		f.status = int(number)
	}
	return true
}

// view is a span as the conventions tell it.
type view struct {
	handler *instrument.Handler
	attrs   [4]instrument.Attr // beside those of the library
	n       int
	calls   bool // it is worth knowing who in the app's code caused it
}

func (v *view) add(a instrument.Attr) {
	v.attrs[v.n] = a
	v.n++
}

// viewOf decides what a span is. f is nil when none of its attributes means anything.
func viewOf(n *name, kind trace.SpanKind, f *facts, rules *mask.Rules) (v view) {
	client := kind == trace.SpanKindClient
	switch {
	case f == nil:
		v.handler = n.handler()
	case caches[f.system] && n.text != "redis.dial":
		cacheView(&v, n, f)
	case f.prepared || f.statement != "" && strings.HasPrefix(n.text, "prepare "):
		prepareView(&v, n, f, rules)
	case f.database():
		queryView(&v, n, f, rules)
	case f.rpc && client:
		v.handler, v.calls = handlerOf(instrument.KindCall, n.text), true
	case f.method != "" && client:
		v.handler, v.calls = handlerOf(instrument.KindCall, rules.Text(bounded(f.callName()))), true
	case f.messaging:
		v.handler, v.calls = handlerOf(kindMessaging, n.text), true
	default:
		v.handler = n.handler()
	}
	return v
}

// database tells that a statement was run: not all that a database's client reports is one.
func (f *facts) database() bool {
	return f.statement != "" || f.system != "" && (f.operation != "" || f.summary != "" || f.collection != "")
}

// callName is the name of an HTTP client's call, with nothing in it that differs from
// call to call.
func (f *facts) callName() string {
	name := f.method
	if f.server != "" {
		name += " " + f.server
	}
	return name
}

func handlerOf(k instrument.Kind, name string) *instrument.Handler {
	return instrument.NewHandler(k, name, instrument.Source{})
}

// queryView is a statement as package sqltap reports one.
func queryView(v *view, n *name, f *facts, rules *mask.Rules) {
	v.calls = true
	if f.statement == "" || notSQL[f.system] {
		v.handler = handlerOf(instrument.KindQuery, n.text)
		if f.parameters != "" {
			v.add(keyParameters.Masked(instrument.Redacted))
		}
		return
	}
	st := sqltap.Describe(f.statement, f.parameters, rules)
	v.handler = st.Handler
	v.add(st.Hash)
	if f.parameters == "" {
		return
	}
	if st.Secret {
		v.add(keyParameters.Masked(instrument.Redacted))
		return
	}
	v.add(keyParameters.String(bounded(f.parameters)))
}

// prepareView is a statement that is prepared. It will be reported again when it runs.
func prepareView(v *view, n *name, f *facts, rules *mask.Rules) {
	v.handler = handlerOf(kindPrepare, n.text)
	if f.statement != "" && !notSQL[f.system] {
		v.handler = handlerOf(kindPrepare, sqltap.Describe(f.statement, "", rules).Handler.Name())
	}
}

// keyed are the commands whose first argument is a key; of others, such as AUTH, nothing
// but the name is kept.
var keyed = func() map[string]bool {
	m := map[string]bool{}
	for c := range strings.FieldsSeq(`get set setex psetex setnx getset getdel getex append strlen setrange getrange incr decr
		incrby decrby incrbyfloat del unlink exists expire pexpire expireat pexpireat persist ttl pttl type dump mget mset
		hget hset hsetnx hmget hmset hgetall hdel hexists hkeys hvals hlen hincrby hincrbyfloat hscan
		lpush rpush lpop rpop lrange llen lrem lindex lset ltrim sadd srem smembers sismember scard spop sscan
		zadd zrem zrange zrevrange zrangebyscore zscore zrank zcard zcount zincrby zscan
		setbit getbit bitcount pfadd pfcount xadd xlen xrange xread gets add replace touch`) {
		m[c] = true
	}
	return m
}()

// cacheView is a call of a cache. What is stored in it is not kept.
func cacheView(v *view, n *name, f *facts) {
	v.calls = true
	command, _, _ := strings.Cut(f.statement, "\n")
	command = cut(command, maxText)
	words := strings.Fields(command)
	operation := strings.ToLower(f.operation)
	switch {
	case strings.HasPrefix(n.text, "redis.pipeline"):
		operation = "pipeline"
	case operation != "":
	case len(words) > 0:
		operation = strings.ToLower(words[0])
	default:
		operation, _, _ = strings.Cut(strings.ToLower(n.text), " ")
	}
	operation = cut(operation, 64)
	v.handler = handlerOf(instrument.KindCache, strings.ToValidUTF8(f.system+" "+operation, "\ufffd"))
	v.add(keyCacheName.String(f.system))
	v.add(keyCacheOp.String(operation))
	if len(words) > 1 && keyed[operation] && strings.EqualFold(words[0], operation) {
		v.add(keyCacheKey.String(bounded(strings.Trim(words[1], `":`))))
	}
}
