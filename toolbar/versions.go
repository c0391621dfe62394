package toolbar

import (
	"cmp"
	"math"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// versions is what this process was built from and what it runs on.
func versions() (any, error) {
	v := query.Versions{
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPUs: runtime.NumCPU(), MaxProcs: runtime.GOMAXPROCS(0),
	}
	v.MemoryLimit, v.GC = memorySettings()
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v, nil // built without modules
	}
	v.Path, v.Main = info.Path, linkedModule(&info.Main)
	for _, m := range info.Deps {
		v.Modules = append(v.Modules, linkedModule(m))
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs":
			v.VCS = s.Value
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Dirty = s.Value == "true"
		case "vcs.time":
			v.Time, _ = time.Parse(time.RFC3339, s.Value) // the zero time is "unknown"
		default:
			v.Flags = append(v.Flags, query.Named{Name: s.Key, Value: s.Value})
		}
	}
	return v, nil
}

// unreleased knows the versions that the go command makes up for a commit.
var unreleased = regexp.MustCompile(`-(0\.)?\d{14}-[0-9a-f]{12}(\+|$)`)

func linkedModule(m *debug.Module) query.LinkedModule {
	l := query.LinkedModule{Path: m.Path, Version: m.Version, Sum: m.Sum}
	if r := m.Replace; r != nil {
		l.Replaced = r.Path
		if r.Version != "" {
			l.Replaced += " " + r.Version
		}
		l.Sum = r.Sum
	}
	l.Unreleased = unreleased.MatchString(cmp.Or(l.Replaced, l.Version))
	return l
}

// memorySettings reads GOMEMLIMIT and GOGC as they are in effect.
func memorySettings() (limit int64, gc int) {
	samples := []metrics.Sample{{Name: "/gc/gomemlimit:bytes"}, {Name: "/gc/gogc:percent"}}
	metrics.Read(samples)
	if v := samples[0].Value; v.Kind() == metrics.KindUint64 && v.Uint64() < math.MaxInt64 {
		limit = int64(v.Uint64())
	}
	gc = -1
	if v := samples[1].Value; v.Kind() == metrics.KindUint64 && v.Uint64() <= math.MaxInt32 {
		gc = int(v.Uint64())
	}
	return limit, gc
}
