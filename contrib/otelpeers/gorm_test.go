package otelpeers

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/plugin/opentelemetry/tracing"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// Pot is a row.
type Pot struct {
	ID       int
	Glaze    string
	Password string
}

func TestGormPlugin_QueriesStandInTheSQLPanel(t *testing.T) {
	var page http.HandlerFunc
	b := setup(t, toolbar.Config{}, &page)
	db, err := gorm.Open(postgres.Open(dsn()), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		missing(t, "PostgreSQL", err)
	}
	plain, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	plain.SetMaxOpenConns(1)
	schema := fmt.Sprintf("otelpeers_%d", os.Getpid())
	for _, q := range []string{"CREATE SCHEMA " + schema, "SET search_path TO " + schema} {
		if err := db.Exec(q).Error; err != nil {
			t.Fatal(err)
		}
	}
	defer db.Exec("DROP SCHEMA " + schema + " CASCADE")
	if err := db.AutoMigrate(&Pot{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Use(tracing.NewPlugin(tracing.WithTracerProvider(b.tb.TracerProvider()), tracing.WithoutMetrics())); err != nil {
		t.Fatal(err)
	}
	page = func(_ http.ResponseWriter, r *http.Request) {
		db := db.WithContext(r.Context())
		if err := db.Create(&Pot{Glaze: "ash", Password: "hunter2"}).Error; err != nil {
			t.Error(err)
		}
		var pots []Pot
		if err := db.Where("glaze = ?", "ash").Find(&pots).Error; err != nil || len(pots) != 1 {
			t.Error(pots, err)
		}
		if err := db.Exec("SELECT * FROM nowhere").Error; err == nil {
			t.Error("a table is there that is not")
		}
	}
	rec := b.visit()
	queries := rec.kinds("query")
	if len(queries) != 3 {
		t.Fatalf("%d queries\n%s", len(queries), rec)
	}
	for i, want := range []string{`INSERT INTO "pots" ("glaze","password") VALUES (`, `SELECT * FROM "pots" WHERE glaze = ?`, "SELECT * FROM nowhere"} {
		if !strings.HasPrefix(queries[i].Name, want) || len(queries[i].Stack) == 0 || (queries[i].Error != "") != (i == 2) {
			t.Errorf("query %d: %+v, want %s", i, queries[i], want)
		}
	}
	b.hides(rec, "hunter2")
	b.shows(rec, "sql", "FROM nowhere")
}
