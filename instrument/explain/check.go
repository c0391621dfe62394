package explain

import (
	"fmt"
	"strconv"
	"strings"
)

// The systems whose plans can be asked for, by OpenTelemetry's names.
const (
	SQLite     = "sqlite"
	PostgreSQL = "postgresql"
)

// Refused says why a statement is not explained.
type Refused struct{ Why string }

// Error tells it in a sentence.
func (e *Refused) Error() string { return "explain: the statement is not explained: " + e.Why }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// maxStatement is how long a statement may be.
const maxStatement = 64 << 10

// Check reports why a statement may not be explained, as a *Refused; nil for one that
// is a single SELECT, WITH ... SELECT or VALUES. It rather refuses what is harmless than
// lets something pass: a column named "update" has to be in quotes.
func Check(system, statement string) error {
	_, err := check(system, statement)
	return err
}

func check(system, statement string) (tokens []token, err error) {
	if system != SQLite && system != PostgreSQL {
		return nil, refuse("plans of %q are not asked for, only those of SQLite and PostgreSQL", system)
	}
	if len(statement) > maxStatement {
		return nil, refuse("it is longer than 64 KiB")
	}
	if tokens, err = lex(system, statement); err != nil {
		return nil, refuse("%s", err)
	}
	for len(tokens) > 0 && tokens[len(tokens)-1].is(";") {
		tokens = tokens[:len(tokens)-1]
	}
	first := 0
	for first < len(tokens) && tokens[first].is("(") {
		first++
	}
	if first == len(tokens) {
		return nil, refuse("it is empty")
	}
	switch start := tokens[first]; {
	case start.kind == word && (start.text == "SELECT" || start.text == "WITH" || start.text == "VALUES"):
	default:
		return nil, refuse("only SELECT, WITH and VALUES are, not %s", clip(start.text))
	}
	return tokens, checkTokens(tokens)
}

func (t token) is(p string) bool { return t.kind == punct && t.text == p }

// clip keeps an error short.
func clip(s string) string {
	const most = 20
	if len(s) > most {
		s = s[:most]
	}
	return strconv.QuoteToASCII(s)
}

// writes are the words that only statements have which change something. Those that
// are functions too are no function where no "(" follows.
var writes = map[string]bool{
	"INSERT": true, "UPDATE": true, "DELETE": true, "MERGE": true, "REPLACE": false, "TRUNCATE": false, "INTO": true,
	"COPY": true, "CREATE": true, "ALTER": true, "DROP": true, "GRANT": true, "REVOKE": true, "CALL": true,
	"DO": true, "EXECUTE": true, "PREPARE": true, "DEALLOCATE": true, "LOCK": true, "LISTEN": true, "NOTIFY": true,
	"PRAGMA": true, "ATTACH": true, "DETACH": true, "VACUUM": true, "ANALYZE": true, "ANALYSE": true, "REINDEX": true,
	"EXPLAIN": true, "BEGIN": true, "COMMIT": true, "ROLLBACK": true, "SAVEPOINT": true, "REFRESH": true, "RESET": true,
	"RETURNING": true,
}

// actors are the beginnings of functions that do more than compute. A plan does not
// call them; they are refused all the same.
var actors = []string{
	"PG_SLEEP", "PG_READ", "PG_WRITE", "PG_LS", "PG_STAT_FILE", "PG_TERMINATE", "PG_CANCEL", "PG_RELOAD", "PG_ROTATE", "PG_ADVISORY", "PG_TRY_ADVISORY",
	"PG_NOTIFY", "PG_LOGICAL", "PG_CREATE", "PG_DROP", "PG_SWITCH", "PG_START", "PG_STOP", "PG_BACKUP", "PG_PROMOTE", "PG_REPLICATION", "PG_EXPORT",
	"PG_FILE", "PG_LOG", "PG_WAL", "PG_IMPORT", "LO_", "LOREAD", "LOWRITE", "DBLINK", "SET_CONFIG", "NEXTVAL", "SETVAL", "LASTVAL", "TXID_CURRENT", "QUERY_TO_", "TABLE_TO_",
	"SCHEMA_TO_", "DATABASE_TO_", "CURSOR_TO_", "TS_STAT", "TS_REWRITE",
	"LOAD_EXTENSION", "WRITEFILE", "READFILE", "EDIT", "FTS3_TOKENIZER", "PRAGMA_", "RANDOMBLOB", "ZEROBLOB",
}

func checkTokens(tokens []token) error {
	for i, t := range tokens {
		switch {
		case t.is(";"):
			return refuse("there is more than one")
		case t.is("\\"):
			return refuse("there is a backslash outside of a string")
		case t.kind == word:
			if err := checkWord(tokens, i); err != nil {
				return err
			}
		case t.kind == quoted:
			if err := checkActor(strings.ToUpper(t.text[1:len(t.text)-1]), tokens, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkWord(tokens []token, i int) error {
	t := tokens[i].text
	called := i+1 < len(tokens) && tokens[i+1].is("(")
	if always, known := writes[t]; known && (always || !called) {
		return refuse("%s is more than reading; a column of that name has to be in quotes", t)
	}
	if t == "FOR" && i+1 < len(tokens) {
		switch tokens[i+1].text {
		case "UPDATE", "SHARE", "NO", "KEY":
			return refuse("FOR %s locks rows", tokens[i+1].text)
		}
	}
	return checkActor(t, tokens, i)
}

func checkActor(name string, tokens []token, i int) error {
	for _, a := range actors {
		if strings.HasPrefix(name, a) && (i+1 < len(tokens) && tokens[i+1].is("(") || a == "PRAGMA_") {
			return refuse("the function %s does more than compute", clip(name))
		}
	}
	return nil
}

// parameters is how many values a statement wants: as many as it has of "?", or the
// highest number, or the names.
func parameters(tokens []token) (n int, names []string) {
	seen := map[string]bool{}
	plain := 0
	for _, t := range tokens {
		if t.kind != placeholder {
			continue
		}
		if len(t.text) == 1 {
			plain++
			continue
		}
		if at, err := strconv.Atoi(t.text[1:]); err == nil && (t.text[0] == '$' || t.text[0] == '?') {
			n = max(n, at)
			continue
		}
		if !seen[t.text] {
			seen[t.text] = true
			names = append(names, t.text[1:])
		}
	}
	return max(n, plain), names
}
