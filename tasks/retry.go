package tasks

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river/rivertype"
)

// Retry says how often and when a failed job is tried again. Attempts are one more than
// retries: a job with Max 3 runs four times at most. The wait before retry n, counted from
// 0, is Delay * Factor^n, at most Cap, and of that a random part unless Exact.
type Retry struct {
	// Max is how many retries there are. 0: 3. Less than 0: none. For ever: Forever.
	Max int `json:"max,omitempty"`
	// Delay is the wait before the first retry. 0: a second. Less than 0: none, ever.
	Delay time.Duration `json:"delay,omitempty"`
	// Factor is how much longer each further wait is. 0: 2. 1: all are the same.
	Factor float64 `json:"factor,omitempty"`
	// Cap is the longest wait. 0: 10 minutes.
	Cap time.Duration `json:"cap,omitempty"`
	// Exact waits for exactly that long. Without it each wait is random between nothing
	// and that, so that jobs that failed together do not come back together.
	Exact bool `json:"exact,omitempty"`
}

// Forever is a Max that no job reaches.
const Forever = math.MaxInt16 - 1

// The defaults of a Retry.
const (
	DefaultRetries = 3
	DefaultDelay   = time.Second
	DefaultFactor  = 2
	DefaultCap     = 10 * time.Minute
)

// or is r, or other when r is zero.
func (r Retry) or(other Retry) Retry {
	if r == (Retry{}) {
		return other
	}
	return r
}

// attempts is River's count for r, which has the first run in it.
func (r Retry) attempts() int {
	switch {
	case r.Max == 0:
		return DefaultRetries + 1
	case r.Max < 0:
		return 1
	}
	return r.Max + 1
}

func (r Retry) validate(whose string) error {
	switch {
	case r.Max > Forever:
		return fmt.Errorf("%s: Retry.Max is %d, more than Forever", whose, r.Max)
	case r.Cap < 0:
		return fmt.Errorf("%s: Retry.Cap cannot be less than 0", whose)
	case r.Factor != 0 && (r.Factor < 1 || math.IsNaN(r.Factor) || math.IsInf(r.Factor, 0)):
		return fmt.Errorf("%s: Retry.Factor is %v: waits cannot become shorter, use 1 or more", whose, r.Factor)
	}
	return nil
}

// Wait is how long to wait before retry n, counted from 0. random gives a number in
// [0, 1); nil is the process's own source.
func (r Retry) Wait(n int, random func() float64) time.Duration {
	delay, factor, limit := max(r.Delay, 0), r.Factor, r.Cap
	if r.Delay < 0 {
		return 0
	}
	if delay == 0 {
		delay = DefaultDelay
	}
	if factor == 0 {
		factor = DefaultFactor
	}
	if limit == 0 {
		limit = DefaultCap
	}
	wait := min(float64(delay)*math.Pow(factor, float64(max(n, 0))), float64(limit))
	if !r.Exact {
		if random == nil {
			random = rand.Float64
		}
		wait *= random()
	}
	return time.Duration(wait)
}

// retryPolicy is River's policy for the tasks of a Client.
type retryPolicy struct{ client *Client }

// NextRetry is when a job that has just failed is tried again.
func (p retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	r := p.client.config.Retry
	if def := p.client.defs[job.Kind]; def != nil {
		r = def.options.Retry.or(r)
	}
	if own := readMetadata(job.Metadata).Retry; own != nil {
		r = *own
	}
	return p.client.now().Add(r.Wait(max(job.Attempt-1, 0), nil))
}
