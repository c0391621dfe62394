package toolbar

import (
	"flag"
	"os"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// settings is what the process is configured with. Flags, environment and a value in
// Config.Settings are read once, by New: later they may be changed while they are read.
type settings struct {
	rules *mask.Rules
	ask   func() any // Config.Settings, if it is a function
	fixed []query.SettingGroup
}

func (c *Config) readSettings() *settings {
	s := &settings{rules: c.Mask}
	switch v := c.Settings.(type) {
	case nil:
	case func() any:
		s.ask = v
	default:
		s.add("app", named(c.Mask.Fields(v)))
	}
	s.add("flags", flags(c.Mask))
	s.add("environment", environment(c.Mask, append(slices.Clone(defaultEnvironment), c.Environment...)))
	s.add("toolbar", named(c.Mask.Fields(c.shown())))
	return s
}

func (s *settings) add(name string, values []query.Named) {
	if len(values) > 0 {
		s.fixed = append(s.fixed, query.SettingGroup{Name: name, Values: values})
	}
}

// document gives the settings as they are now.
func (s *settings) document() (any, error) {
	doc := query.Settings{Groups: s.fixed}
	if s.ask != nil {
		app := query.SettingGroup{Name: "app", Values: named(s.rules.Fields(s.ask()))}
		doc.Groups = append([]query.SettingGroup{app}, s.fixed...)
	}
	return doc, nil
}

func named(fields []mask.Field) []query.Named {
	values := make([]query.Named, len(fields))
	for i, f := range fields {
		values[i] = query.Named{Name: f.Name, Value: f.Value}
	}
	return values
}

// flags are those of package flag that are not the tests' own.
func flags(rules *mask.Rules) (values []query.Named) {
	flag.VisitAll(func(f *flag.Flag) {
		if strings.HasPrefix(f.Name, "test.") {
			return
		}
		v := query.Named{Name: "-" + f.Name, Value: rules.Value(f.Name, f.Value.String())}
		if byDefault := rules.Value(f.Name, f.DefValue); byDefault != v.Value {
			v.Note = "default " + byDefault
		}
		values = append(values, v)
	})
	return values
}

// defaultEnvironment is what changes how a Go program runs. Everything else in the
// environment may be anybody's secret.
var defaultEnvironment = []string{"GO*", "TZ", "LANG", "LC_*", "PORT", "HOSTNAME"}

// environment are the variables whose names are on the list, in which a "*" at the end
// stands for anything.
func environment(rules *mask.Rules, names []string) (values []query.Named) {
	for _, line := range os.Environ() {
		name, value, _ := strings.Cut(line, "=")
		listed := slices.ContainsFunc(names, func(want string) bool {
			prefix, open := strings.CutSuffix(want, "*")
			return name == want || open && strings.HasPrefix(name, prefix)
		})
		if listed {
			values = append(values, query.Named{Name: name, Value: rules.Value(name, value)})
		}
	}
	slices.SortFunc(values, func(a, b query.Named) int { return strings.Compare(a.Name, b.Name) })
	return values
}

// shown is what of the Config itself is worth showing.
func (c *Config) shown() any {
	return struct {
		Path, Service, Prefix string
		OutsidePath           string
		TrustedProxies        []string
		Token                 string `toolbar:"mask"`
		Hosts                 []string
		KeepShare             float64
		Bodies                string
		Explain               string
		ExplainSlow           bool
		Slow                  map[string]string
		Retention             Retention
		QueueRecords          int
		QueueBytes            int
		MaxSpans              int
		Inject                bool
		InterceptRedirects    bool
		Labels                bool
		Notify                bool
		PublicURL             string
	}{
		c.Path, c.Service, c.Prefix, c.OutsidePath, c.proxyTexts(), c.Token, c.Hosts, c.Keep.Share, c.Bodies.String(), c.Explain.String(), c.ExplainSlow, c.slowTexts(), c.Retention,
		c.QueueRecords, c.QueueBytes, c.MaxSpans, !c.NoInject, c.InterceptRedirects, !c.NoLabels, c.Notify != nil, c.PublicURL,
	}
}

func (c *Config) proxyTexts() (texts []string) {
	for _, p := range c.TrustedProxies {
		texts = append(texts, p.String())
	}
	return texts
}

func (c *Config) slowTexts() map[string]string {
	texts := map[string]string{}
	for k, d := range c.Slow {
		texts[k.String()] = d.String()
	}
	return texts
}
