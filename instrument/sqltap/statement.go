package sqltap

import (
	"encoding/binary"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// statement is what is known of a text: worked out once, not at each run.
type statement struct {
	handler *instrument.Handler
	text    string                            // "" when it is too long to be remembered
	ran     atomic.Pointer[weak.Pointer[tap]] // the database that ran it last
	hash    uint64
	skips   atomic.Bool // the driver has once answered ErrSkip: it wants it prepared
	prepare atomic.Pointer[instrument.Handler]
	secret  atomic.Int32 // of mentionsSecret: 0 not known yet, 1 no, 2 yes
}

// hashSeed differs from process to process and is kept nowhere, so that what is
// stored of a parameter cannot be compared with a guess.
var hashSeed = maphash.MakeSeed()

var (
	statementBegin    = newStatement("BEGIN")
	statementCommit   = newStatement("COMMIT")
	statementRollback = newStatement("ROLLBACK")
)

func newStatement(query string) *statement {
	return &statement{
		handler: instrument.NewHandler(instrument.KindQuery, nameOf(query), instrument.Source{}),
		hash:    textHash(query),
	}
}

// nameOf is the fingerprint. A text that is longer than those that are remembered would
// hold the request up for longer than its query: it is named by its beginning.
func nameOf(query string) string {
	if len(query) <= maxStatementText {
		return Fingerprint(query)
	}
	// Where the list of values is cut depends on what stands before it.
	return strings.TrimRight(Fingerprint(query[:maxStatementText]), " ?,(") + " …"
}

// textHash tells texts apart; huge ones by their length, their beginning and their end.
func textHash(query string) uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	if len(query) > 4*maxStatementText {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(query)))
		h.Write(size[:])
		h.WriteString(query[:maxStatementText])
		query = query[len(query)-maxStatementText:]
	}
	h.WriteString(query)
	return h.Sum64()
}

// prepareHandler counts how often, and how long, the statement was prepared.
func (s *statement) prepareHandler() *instrument.Handler {
	if h := s.prepare.Load(); h != nil {
		return h
	}
	h := instrument.NewHandler(kindPrepare, s.handler.Name(), instrument.Source{})
	s.prepare.Store(h)
	return h
}

// mentionsSecret reports whether a name in the statement is a sensitive one.
func (s *statement) mentionsSecret(r *mask.Rules) bool {
	const no, yes = 1, 2
	if v := s.secret.Load(); v != 0 {
		return v == yes
	}
	v := int32(no)
	for name := range strings.FieldsFuncSeq(s.handler.Name(), func(c rune) bool { return !isNameRune(c) }) {
		if r.Key(name) {
			v = yes
		}
	}
	s.secret.Store(v)
	return v == yes
}

func isNameRune(c rune) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// generation remembers statements by their text. Apps that put values into their
// texts have no end of them, so there are two generations: when the young one is
// full it becomes the old one, and what the old one had that is still used moves on.
type generation struct {
	byText sync.Map // text -> *statement
	byName sync.Map // fingerprint -> *statement, of the first text that had it
	count  atomic.Int64
	bytes  atomic.Int64
}

// A generation ends with 2048 texts or 1 MiB of them. Longer texts than 16 KiB
// are worked out each time, from so much of them.
const (
	maxStatements     = 2048
	maxStatementBytes = 1 << 20
	maxStatementText  = 16 << 10
)

// memory is the two generations.
type memory struct {
	mu         sync.Mutex // serialises the change of generations
	young, old atomic.Pointer[generation]
}

var statements = newMemory()

func newMemory() *memory {
	m := &memory{}
	m.young.Store(&generation{})
	m.old.Store(&generation{})
	return m
}

func statementOf(query string) *statement { return statements.get(query) }

func (m *memory) get(query string) *statement {
	young := m.young.Load()
	if s, ok := young.byText.Load(query); ok {
		return s.(*statement)
	}
	if len(query) > maxStatementText {
		return newStatement(query)
	}
	s, ok := m.old.Load().byText.Load(query)
	if !ok {
		text := strings.Clone(query)
		s = newStatement(text)
		s.(*statement).text = text
	}
	kept, known := young.byText.LoadOrStore(s.(*statement).text, s)
	if !known {
		young.byName.LoadOrStore(s.(*statement).handler.Name(), s)
	}
	if !known && (young.count.Add(1) >= maxStatements || young.bytes.Add(int64(len(query))) >= maxStatementBytes) {
		m.turn(young)
	}
	return kept.(*statement)
}

// named finds a statement by its fingerprint; nil when no text that is remembered has it.
func (m *memory) named(fingerprint string) *statement {
	for _, g := range []*generation{m.young.Load(), m.old.Load()} {
		if s, ok := g.byName.Load(fingerprint); ok {
			return s.(*statement)
		}
	}
	return nil
}

// turn makes the full generation the old one, once.
func (m *memory) turn(full *generation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.young.Load() == full {
		m.old.Store(full)
		m.young.Store(&generation{})
	}
}
