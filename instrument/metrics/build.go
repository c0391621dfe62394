package metrics

import (
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

const modulePath = "github.com/go-debug-toolbar/debugtoolbar"

// build is what is known of the running binary; "unknown" where it says nothing, as
// in tests.
var build = sync.OnceValue(func() (b struct{ version, revision string }) {
	b.version, b.revision = "unknown", "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == modulePath && m.Version != "" {
			b.version = m.Version
		}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.revision = s.Value
		}
	}
	return b
})

func collectBuild(ch chan<- prometheus.Metric) {
	ch <- prometheus.MustNewConstMetric(buildDesc, prometheus.GaugeValue, 1, build().version, build().revision, runtime.Version())
}
