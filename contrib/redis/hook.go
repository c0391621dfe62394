package redistap

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/cachetap"
)

// hook is safe for concurrent use.
type hook struct {
	single, piped *cachetap.Cache
	connect       *instrument.Handler
}

var _ redis.Hook = (*hook)(nil)

// New gives a hook for AddHook of any client of go-redis. name is that of the client in
// pages and statistics, "redis" where it is empty.
func New(name string, opts ...cachetap.Option) redis.Hook {
	if name == "" {
		name = "redis"
	}
	opts = append(opts, cachetap.Misses(redis.Nil), cachetap.Skip(1))
	single := cachetap.New(name, opts...)
	return &hook{
		single: single, piped: cachetap.New(single.Name()+"-pipeline", append(opts, cachetap.NoCallers())...),
		connect: instrument.NewHandler(kindConnect, single.Name(), instrument.Source{}),
	}
}

// kindConnect is that of opened connections, as package sqltap has it.
var kindConnect = instrument.RegisterKind("connect")

// DialHook reports connections that are opened.
func (h *hook) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		span := instrument.Leaf(ctx, h.connect, instrument.KeyDetail.String(addr))
		conn, err := next(ctx, network, addr)
		span.End(err)
		return conn, err
	}
}

// ProcessHook reports single commands.
func (h *hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if !instrument.On() {
			return next(ctx, cmd)
		}
		c := read(cmd)
		if c.setsUp() {
			return h.setUp(ctx, c.op, func() error { return next(ctx, cmd) })
		}
		call := h.single.Do(ctx, c.op, c.keys...)
		c.describe(call)
		returned := false
		defer func() { // without recover: a panic goes on as it was
			if !returned {
				call.End(errGone)
			}
		}()
		err := next(ctx, cmd)
		returned = true
		c.end(call, err)
		return err
	}
}

var errGone = errors.New("go-redis did not return")

// maxPiped is how many commands of a pipeline are kept.
const maxPiped = 100

// ProcessPipelineHook reports pipelines, with their commands below them.
func (h *hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if !instrument.On() {
			return next(ctx, cmds)
		}
		all := make([]*command, min(len(cmds), maxPiped))
		only := len(cmds) > 0
		for i := range all {
			all[i] = read(cmds[i])
			only = only && all[i].setsUp()
		}
		if only {
			return h.setUp(ctx, "options", func() error { return next(ctx, cmds) })
		}
		below, call := h.single.Batch(ctx, pipelineName(cmds))
		call.Set(keyCommands.Int(len(cmds)))
		returned := false
		defer func() {
			if !returned {
				call.End(errGone)
			}
		}()
		err := next(ctx, cmds)
		returned = true
		for _, c := range all {
			if c.op == "MULTI" || c.op == "EXEC" {
				continue
			}
			one := h.piped.Do(below, c.op, c.keys...)
			c.describe(one)
			c.end(one, c.cmd.Err())
		}
		call.End(notNil(err))
		return err
	}
}

// setUp reports what go-redis, or an app, says first on a connection. Servers that do not
// know some of it say so, which is no failure.
func (h *hook) setUp(ctx context.Context, what string, next func() error) error {
	span := instrument.Leaf(ctx, h.connect, instrument.KeyDetail.String(what))
	defer span.End(nil)
	return next()
}

// keyCommands is how many commands a pipeline has.
var keyCommands = instrument.NewKey("cache.commands")

func pipelineName(cmds []redis.Cmder) string {
	if len(cmds) > 0 && strings.EqualFold(cmds[0].Name(), "multi") {
		return "MULTI"
	}
	return "PIPELINE"
}

// notNil is the error unless it says that a key is not there, or that a script has to be
// sent first, which go-redis then does.
func notNil(err error) error {
	switch {
	case err == nil, errors.Is(err, redis.Nil), redis.HasErrorPrefix(err, "NOSCRIPT"):
		return nil
	case redis.HasErrorPrefix(err, "unknown command"):
		return errUnknown // the server repeats what it was sent
	}
	return err
}

var errUnknown = errors.New("the server does not know the command")

// keyText is the command as it is shown.
var keyText = instrument.NewKey("db.query.text")

// describe notes what is known before the command runs.
func (c *command) describe(call cachetap.Call) {
	if !call.Recorded() {
		return
	}
	if c.shape != "" {
		call.Set(keyText.String(c.shape))
	}
	call.Size(c.size)
	call.TTL(c.ttl)
}

// end says how the command went.
func (c *command) end(call cachetap.Call, err error) {
	if err == nil && c.lookup {
		c.found(call)
		return
	}
	if !errors.Is(err, redis.Nil) {
		err = notNil(err)
	}
	call.End(err) // which knows redis.Nil
}

// found ends a look-up by what came back.
func (c *command) found(call cachetap.Call) {
	switch v := c.cmd.(type) {
	case *redis.StringCmd:
		call.Value(v.Val())
		call.Hit(-1)
	case *redis.SliceCmd:
		hits := 0
		for _, one := range v.Val() {
			if one != nil {
				hits++
			}
		}
		call.Found(hits, len(v.Val()))
	case *redis.IntCmd: // EXISTS
		call.Found(int(v.Val()), max(len(c.keys), 1))
	case *redis.BoolCmd: // HEXISTS, SISMEMBER
		if v.Val() {
			call.Hit(-1)
		} else {
			call.Miss()
		}
	case *redis.MapStringStringCmd:
		hitUnlessEmpty(call, len(v.Val()))
	case *redis.StringSliceCmd:
		hitUnlessEmpty(call, len(v.Val()))
	default:
		call.Hit(-1)
	}
}

func hitUnlessEmpty(call cachetap.Call, n int) {
	if n == 0 {
		call.Miss()
		return
	}
	call.Hit(-1)
}

func number(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}
