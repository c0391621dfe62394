package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// pretend records the request of twenty spans without waiting: the times are those of
// a request that took some milliseconds. i makes one differ from the next.
func pretend(r *instrument.Recorder, i int) {
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: mix.route})
	defer rec.End()
	rec.SetPath("GET", fmt.Sprintf("/shop/orders/%d", 20_000+i))
	rec.SetStatus(200)
	rec.Set(instrument.KeyQuery.String(mixQuery), instrument.KeyBytesOut.Int(5000+i))
	p := pretender{rand.New(rand.NewPCG(20, uint64(i))), instrument.Now()}
	p.layer(ctx, 0)
}

func pretendRequest(i int) time.Duration { return 8*time.Millisecond + time.Duration(i)*1237 }

// pretender has a clock of its own.
type pretender struct {
	random *rand.Rand
	now    int64
}

// pass lets about d go by.
func (p *pretender) pass(d time.Duration) int64 {
	p.now += int64(d)/2 + p.random.Int64N(int64(d))
	return p.now
}

func (p *pretender) layer(ctx context.Context, i int) {
	if i == mixLayers {
		p.view(ctx)
		return
	}
	ctx, s := instrument.StartAt(ctx, p.pass(5*time.Microsecond), mix.layers[i])
	p.layer(ctx, i+1)
	s.EndAt(p.pass(5*time.Microsecond), nil)
}

func (p *pretender) view(ctx context.Context) {
	ctx, view := instrument.StartAt(ctx, p.pass(5*time.Microsecond), mix.view)
	sctx, signal := instrument.StartAt(ctx, p.pass(200*time.Microsecond), mix.signal)
	for _, h := range mix.receivers {
		_, s := instrument.StartAt(sctx, p.pass(time.Microsecond), h)
		s.EndAt(p.pass(200*time.Microsecond), nil)
	}
	signal.EndAt(p.pass(time.Microsecond), nil)
	p.queries(ctx)
	view.EndAt(p.pass(300*time.Microsecond), nil)
}

func (p *pretender) queries(ctx context.Context) {
	for i, h := range mix.queries {
		s := instrument.LeafAt(ctx, p.pass(30*time.Microsecond), h, keySystem.String("sqlite"), keyRows.Int(i))
		s.EndAt(p.pass(500*time.Microsecond), nil)
	}
	at := p.pass(50 * time.Microsecond)
	instrument.LeafAt(ctx, at, mix.log, instrument.KeyLogLevel.String("INFO"), instrument.KeyLogMessage.String(mixMessage)).EndAt(at, nil)
}
