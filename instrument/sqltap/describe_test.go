package sqltap_test

import (
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

func TestDescribe_NamesAStatementAsTheTapDoes(t *testing.T) {
	t.Parallel()
	d := sqltap.Describe("SELECT * FROM described WHERE id = 7", "", nil)
	if h := d.Handler; h.Kind() != instrument.KindQuery || h.Name() != sqltap.Fingerprint("SELECT * FROM described WHERE id = 8") || d.Secret {
		t.Errorf("%s %q", h.Kind(), h.Name())
	}
	if begin := sqltap.Describe("begin isolation level serializable", "", nil); begin.Handler.Name() != "BEGIN" {
		t.Errorf("begin is %q", begin.Handler.Name())
	}
	if !sqltap.Describe("UPDATE users SET password = $1", "hunter2", nil).Secret {
		t.Error("a password is no secret")
	}
}

func TestDescribe_ComparesOnlyWhatIsKnown(t *testing.T) {
	t.Parallel()
	hash := func(query, parameters string) instrument.Attr { return sqltap.Describe(query, parameters, nil).Hash }
	unknown := hash("SELECT $1", "")
	for _, q := range []string{"SELECT ?", "SELECT :id", "SELECT @id", "SELECT a FROM b WHERE c::text = $2"} {
		if hash(q, "") != unknown {
			t.Errorf("%s is compared although its parameters are not known", q)
		}
	}
	for _, q := range []string{"SELECT 1", "SELECT '1'::text", "SELECT a -- what? no"[:8]} {
		once, again := hash(q, ""), hash(q, "")
		if once == unknown || once != again {
			t.Errorf("%s does not equal itself", q)
		}
	}
	one, again := hash("SELECT $1", "1"), hash("SELECT $1", "1")
	if one == hash("SELECT $1", "2") || one != again {
		t.Error("parameters are not compared")
	}
}
