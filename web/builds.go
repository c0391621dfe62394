package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// build is all processes of one build of one program.
type build struct {
	key       string // in addresses: the same for every process of it
	name      string // revision, with "+" for changes that were not committed
	main      string
	since     time.Time // when the first of its processes started
	alive     bool
	processes []int64
}

// builds are the builds that wrote to what is chosen of the store, the latest first. Builds without a
// revision are told apart by their modules and toolchain.
func (d *Dashboard) builds(r *http.Request) (out []build, err error) {
	ps, err := d.store.Processes(r.Context())
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, p := range ps {
		if !d.choice.part.Has(p.ID) {
			continue
		}
		key := buildKey(p.Build)
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, build{key: keyText(key), name: buildName(p.Build), main: p.Build.Main, since: p.Started})
		}
		b := &out[i]
		b.processes = append(b.processes, p.ID)
		b.alive = b.alive || p.Alive
		if p.Started.Before(b.since) {
			b.since = p.Started
		}
	}
	slices.SortFunc(out, func(a, b build) int { return cmp.Or(b.since.Compare(a.since), cmp.Compare(a.name, b.name)) })
	return out, nil
}

func buildKey(b query.Build) string {
	key := b.Main + "\n" + b.Revision + "\n" + b.Go
	if b.Dirty {
		key += "\ndirty"
	}
	for _, m := range b.Modules {
		key += "\n" + m.Path + " " + m.Version
	}
	return key
}

func buildName(b query.Build) string {
	name := cmp.Or(short(b.Revision), "no revision")
	if b.Dirty {
		name += "+"
	}
	return name
}

// keyText is a short name for what tells builds apart.
func keyText(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:5])
}
