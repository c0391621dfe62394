package gormsignals_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"testing"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// statementSink keeps the statements of Records.
type statementSink struct{ statements []string }

func (*statementSink) Want(*instrument.Summary) bool { return true }

func (k *statementSink) Put(s *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*s, blob, instrument.LiveNames())
	if err != nil {
		return
	}
	for _, span := range rec.Spans {
		if span.Handler.Kind == instrument.KindQuery {
			k.statements = append(k.statements, span.Handler.Name)
		}
	}
}

// A dialector that opens its database by the name of a driver gets the one of sqltap.
func TestDialector_OpensTheDriverThatSqltapRegistered(t *testing.T) {
	bare, err := sql.Open(sqlite.DriverName, "file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	sqltap.Register("sqlite+toolbar", bare.Driver())
	db, err := gorm.Open(&sqlite.Dialector{DriverName: "sqlite+toolbar", DSN: filepath.Join(t.TempDir(), "pots.db")}, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	type Pot struct {
		ID    uint
		Glaze string
	}
	if err := db.AutoMigrate(&Pot{}); err != nil {
		t.Fatal(err)
	}
	k := &statementSink{}
	r := instrument.New(instrument.Config{Sink: k})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET /pots", instrument.Source{})})
	if err := db.WithContext(ctx).Create(&Pot{Glaze: "ash"}).Error; err != nil {
		t.Error(err)
	}
	var pots []Pot
	if err := db.Find(&pots, "glaze = ?", "ash").Error; err != nil || len(pots) != 1 { // passes no context
		t.Errorf("found %d: %v", len(pots), err)
	}
	rec.End()
	for _, want := range []string{"INSERT INTO `pots` (`glaze`) VALUES (?) RETURNING `id`", "SELECT * FROM `pots` WHERE glaze = ?"} {
		if !slices.Contains(k.statements, want) {
			t.Errorf("the Record does not have %q: %q", want, k.statements)
		}
	}
}
