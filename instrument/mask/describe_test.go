package mask_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func TestDescribe_EveryNameHidesWhatStandsBesideIt(t *testing.T) {
	t.Parallel()
	rules, err := mask.New(mask.Options{
		Deny: []string{"Loyalty-Id"}, Allow: []string{"team_key"}, Patterns: []*regexp.Regexp{regexp.MustCompile(`acme-\d+`)},
		Hook: func(string, string) (string, bool) { return "", false },
	})
	if err != nil {
		t.Fatal(err)
	}
	d := rules.Describe()
	if d.Names() < 40 || !slices.Equal(d.Patterns, []string{`acme-\d+`}) || !d.Hook || len(d.Allowed) != 1 || len(d.Values) < 5 {
		t.Errorf("%+v", d)
	}
	for _, list := range [][]string{d.Anywhere, d.Words, d.Ends, d.Added} {
		if len(list) == 0 {
			t.Errorf("a list is empty: %+v", d)
		}
		for _, name := range list {
			if got := rules.Value(name, "hunter2"); got != mask.Redacted {
				t.Errorf("%s is said to be hidden and shows %q", name, got)
			}
		}
	}
	for _, name := range d.Allowed {
		if got := rules.Value(name, "blue"); got != "blue" {
			t.Errorf("%s is said to be allowed and shows %q", name, got)
		}
	}
	services := d.Values[len(d.Values)-1]
	if !strings.Contains(services, "ghp_") || !strings.Contains(services, "AKIA") {
		t.Error(services)
	}
	if plain := (*mask.Rules)(nil).Describe(); len(plain.Added)+len(plain.Patterns) != 0 || plain.Hook || plain.Names() != d.Names()-1 {
		t.Errorf("%+v", plain)
	}
}
