package mask

import (
	"path"
	"slices"
	"strings"
)

// secretFlags are the one-letter flags that take a secret, by program. A letter
// alone says nothing: -p is a port elsewhere.
var secretFlags = map[string]string{
	"mysql": "p", "mysqldump": "p", "mysqladmin": "p", "mysqlimport": "p", "mariadb": "p", "mariadb-dump": "p",
	"sshpass": "p", "redis-cli": "a", "curl": "u", "http": "a", "https": "a", "ldapsearch": "w",
}

// Args returns a masked copy of a command line, program first. It hides the
// value in --password=x, --password x, PASSWORD=x and, for some well-known
// programs, -px; the rest passes through Text. A flag that follows a sensitive
// one is taken for a flag, not for its value, if it begins with two dashes.
func (r *Rules) Args(argv []string) []string {
	if argv == nil {
		return nil
	}
	out := slices.Clone(argv)
	letters := ""
	if len(argv) > 0 {
		letters = secretFlags[program(argv[0])]
	}
	for i := 0; i < len(argv); i++ {
		masked, next := r.arg(argv[i], letters)
		out[i] = masked
		if next && i+1 < len(argv) && argv[i+1] != "" && !strings.HasPrefix(argv[i+1], "--") {
			i++
			out[i] = Redacted
		}
	}
	return out
}

func program(arg string) string {
	return strings.TrimSuffix(path.Base(strings.ReplaceAll(arg, `\`, "/")), ".exe")
}

// arg masks one argument and reports whether the next one is a secret.
func (r *Rules) arg(a, letters string) (masked string, next bool) {
	name := strings.TrimLeft(a, "-")
	dashes := len(a) - len(name)
	key, value, assigned := strings.Cut(name, "=")
	switch {
	case dashes == 1 && name != "" && strings.IndexByte(letters, name[0]) >= 0:
		if len(name) == 1 {
			return a, true
		}
		return a[:2] + Redacted, false
	case assigned && isName(key):
		return a[:dashes] + r.Text(key) + "=" + r.Value(key, value), false
	case dashes > 0 && !assigned && isName(name):
		return r.Text(a), r.Key(name)
	}
	return r.Text(a), false
}

func isName(s string) bool {
	for i := range len(s) {
		if !isKeyChar(s[i]) {
			return false
		}
	}
	return s != ""
}
