package query

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Names of Documents that package toolbar publishes, with the types of their bodies.
const (
	DocSignals  = "signals"  // []signals.Description
	DocVersions = "versions" // Versions
	DocSettings = "settings" // Settings
	DocStacks   = "stacks"   // []Stack
	DocKinds    = "kinds"    // []instrument.DescribedKind
	DocRoutes   = "routes"   // Routes

	DocRecording = "recording" // Recording
)

// Recording is how recording has gone in a process: the account of its Records.
type Recording struct {
	Produced uint64            `json:"produced"` // stored, dropped and queued ones
	Stored   uint64            `json:"stored"`
	Dropped  map[string]uint64 `json:"dropped"`            // by reason
	Disabled map[string]string `json:"disabled,omitempty"` // parts that have switched themselves off, and why
	Faults   uint64            `json:"faults,omitempty"`   // panics of hooks and maskers
	Error    string            `json:"error,omitempty"`    // the last of the store
}

// Lost is how many Records were dropped although they were to be kept.
func (r *Recording) Lost() (n uint64) {
	for reason, dropped := range r.Dropped {
		if reason != "not_kept" {
			n += dropped
		}
	}
	return n
}

// Versions is what a process was built from and what it runs on.
type Versions struct {
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	CPUs     int    `json:"cpus"`
	MaxProcs int    `json:"maxprocs"` // GOMAXPROCS as it is

	MemoryLimit int64 `json:"memory_limit,omitempty"` // GOMEMLIMIT in bytes; 0 none
	GC          int   `json:"gc"`                     // GOGC in percent; -1 off

	Main    LinkedModule   `json:"main"` // the program's own module
	Path    string         `json:"path"` // of its main package
	Modules []LinkedModule `json:"modules"`

	VCS      string    `json:"vcs,omitempty"` // "git"
	Revision string    `json:"revision,omitempty"`
	Time     time.Time `json:"time,omitzero"` // of the revision
	Dirty    bool      `json:"dirty,omitempty"`

	// Flags are how it was built: "-tags", "-race", "CGO_ENABLED", "GOAMD64".
	Flags []Named `json:"flags"`
}

// LinkedModule is a dependency as it was linked.
type LinkedModule struct {
	Path    string `json:"path"`
	Version string `json:"version"` // "(devel)" for one that was built from its folder
	Sum     string `json:"sum,omitempty"`
	// Replaced is what stands in for it: a folder, or a module with its version.
	Replaced string `json:"replaced,omitempty"`
	// Unreleased: the version names a commit and not a release.
	Unreleased bool `json:"unreleased,omitempty"`
}

// Named is a value by its name, masked.
type Named struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Note  string `json:"note,omitempty"` // "default 8080"
}

// Settings is what a process is configured with, masked.
type Settings struct {
	Groups []SettingGroup `json:"groups"`
}

// SettingGroup are the settings of one source: "app", "flags", "environment", "toolbar".
type SettingGroup struct {
	Name   string  `json:"name"`
	Values []Named `json:"values"`
}

// Stack is one stack of middleware as it was built.
type Stack struct {
	Layers   []StackLayer `json:"layers"` // the outermost first
	Handler  string       `json:"handler"`
	Warnings []string     `json:"warnings,omitempty"`
	Built    int          `json:"built"` // how many times, from the same layers around the same handler
}

// StackLayer is a layer of a Stack.
type StackLayer struct {
	Name   string   `json:"name"`
	Source string   `json:"source,omitempty"` // "shop/layers.go:12"
	Hooks  []string `json:"hooks,omitempty"`  // "ProcessRequest"
	Unused bool     `json:"unused,omitempty"` // its function gave ErrNotUsed
}

// Change is what differs between two builds.
type Change struct {
	What        string // the module's path, "Go", or "revision"
	From, To    string // "" when it was not there, or is not any more
	Undecidable bool   // both are called the same and may differ: uncommitted changes, or a folder
}

// Changes says what is different in b from an earlier build: the toolchain and the
// program's own revision first, then modules by path. Nil when they are the same.
func (b Build) Changes(earlier Build) (all []Change) {
	if b.Go != earlier.Go {
		all = append(all, Change{What: "Go", From: earlier.Go, To: b.Go})
	}
	if from, to := earlier.revision(), b.revision(); from != to || b.Dirty {
		all = append(all, Change{What: "revision", From: from, To: to, Undecidable: from == to})
	}
	return append(all, moduleChanges(earlier.Modules, b.Modules)...)
}

func (b Build) revision() string {
	if b.Dirty {
		return b.Revision + " with changes"
	}
	return b.Revision
}

func moduleChanges(earlier, now []Module) (all []Change) {
	versions := map[string]string{}
	for _, m := range earlier {
		versions[m.Path] = m.Version
	}
	for _, m := range now {
		from, known := versions[m.Path]
		delete(versions, m.Path)
		switch {
		case !known:
			all = append(all, Change{What: m.Path, To: m.Version})
		case from != m.Version:
			all = append(all, Change{What: m.Path, From: from, To: m.Version})
		}
	}
	for path, version := range versions {
		all = append(all, Change{What: path, From: version})
	}
	slices.SortFunc(all, func(a, b Change) int { return cmp.Or(strings.Compare(a.What, b.What), strings.Compare(a.To, b.To)) })
	return all
}
