package tasks

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ownTables are the tables of this package beside River's, step by step. A step that has
// been released is never changed; what is new is a step at the end.
var ownTables = []step{
	{
		sqlite: []string{
			`CREATE TABLE toolbar_schedule (name TEXT PRIMARY KEY, spec TEXT NOT NULL, since INTEGER NOT NULL, done INTEGER NOT NULL, missed INTEGER NOT NULL)`,
			`CREATE TABLE toolbar_tick (schedule TEXT NOT NULL, tick INTEGER NOT NULL, state TEXT NOT NULL, job INTEGER NOT NULL, PRIMARY KEY (schedule, tick)) WITHOUT ROWID`,
		},
		postgres: []string{
			`CREATE TABLE toolbar_schedule (name TEXT PRIMARY KEY, spec TEXT NOT NULL, since BIGINT NOT NULL, done BIGINT NOT NULL, missed BIGINT NOT NULL)`,
			`CREATE TABLE toolbar_tick (schedule TEXT NOT NULL, tick BIGINT NOT NULL, state TEXT NOT NULL, job BIGINT NOT NULL, PRIMARY KEY (schedule, tick))`,
		},
	},
	{
		sqlite: []string{
			`CREATE TABLE toolbar_group (id TEXT PRIMARY KEY, body TEXT NOT NULL, left_over INTEGER NOT NULL, failed INTEGER NOT NULL, made INTEGER NOT NULL)`,
			`CREATE TABLE toolbar_group_result (group_id TEXT NOT NULL, n INTEGER NOT NULL, result TEXT NOT NULL, PRIMARY KEY (group_id, n)) WITHOUT ROWID`,
		},
		postgres: []string{
			`CREATE TABLE toolbar_group (id TEXT PRIMARY KEY, body TEXT NOT NULL, left_over BIGINT NOT NULL, failed BIGINT NOT NULL, made BIGINT NOT NULL)`,
			`CREATE TABLE toolbar_group_result (group_id TEXT NOT NULL, n BIGINT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (group_id, n))`,
		},
	},
	{
		sqlite: []string{
			`CREATE TABLE toolbar_worker (id TEXT PRIMARY KEY, started INTEGER NOT NULL, seen INTEGER NOT NULL, ended INTEGER NOT NULL, info TEXT NOT NULL)`,
			`CREATE TABLE toolbar_queue_sample (at INTEGER NOT NULL, queue TEXT NOT NULL, depth INTEGER NOT NULL, latency INTEGER NOT NULL, done INTEGER NOT NULL, failed INTEGER NOT NULL, PRIMARY KEY (at, queue)) WITHOUT ROWID`,
		},
		postgres: []string{
			`CREATE TABLE toolbar_worker (id TEXT PRIMARY KEY, started BIGINT NOT NULL, seen BIGINT NOT NULL, ended BIGINT NOT NULL, info TEXT NOT NULL)`,
			`CREATE TABLE toolbar_queue_sample (at BIGINT NOT NULL, queue TEXT NOT NULL, depth BIGINT NOT NULL, latency BIGINT NOT NULL, done BIGINT NOT NULL, failed BIGINT NOT NULL, PRIMARY KEY (at, queue))`,
		},
	},
	{
		sqlite: []string{
			`CREATE TABLE toolbar_batch_item (id INTEGER PRIMARY KEY AUTOINCREMENT, batch TEXT NOT NULL, job INTEGER NOT NULL, size INTEGER NOT NULL, due INTEGER NOT NULL, options TEXT NOT NULL, call TEXT NOT NULL)`,
			`CREATE INDEX toolbar_batch_item_job ON toolbar_batch_item (job, batch, id)`,
		},
		postgres: []string{
			`CREATE TABLE toolbar_batch_item (id BIGSERIAL PRIMARY KEY, batch TEXT NOT NULL, job BIGINT NOT NULL, size BIGINT NOT NULL, due BIGINT NOT NULL, options TEXT NOT NULL, call TEXT NOT NULL)`,
			`CREATE INDEX toolbar_batch_item_job ON toolbar_batch_item (job, batch, id)`,
		},
	},
}

// step is what brings the tables from one version to the next.
type step struct{ sqlite, postgres []string }

// table is the name of a table of this package as statements write it.
func (c *Client) table(name string) string { return tableIn(c.config.Schema, name) }

func tableIn(schema, name string) string {
	if schema == "" {
		return name
	}
	return pgx.Identifier{schema, name}.Sanitize()
}

// migrateOwn brings the tables of this package to this version of it. Processes that
// start at once are kept apart by the caller on PostgreSQL, and by SQLite itself.
func migrateOwn(ctx context.Context, db *sql.DB, postgres bool, schema string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	versions := tableIn(schema, "toolbar_tasks_version")
	if _, err := conn.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+versions+" (version INTEGER PRIMARY KEY)"); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if postgres && schema != "" {
		if _, err := tx.ExecContext(ctx, "SET LOCAL search_path TO "+pgx.Identifier{schema}.Sanitize()); err != nil {
			return err
		}
	}
	var have int
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM "+versions).Scan(&have); err != nil {
		return err
	}
	if have > len(ownTables) {
		return fmt.Errorf("the tables are of version %d, this program knows %d: it is older than the one that made them", have, len(ownTables))
	}
	for i, s := range ownTables[have:] {
		statements := s.sqlite
		if postgres {
			statements = s.postgres
		}
		for _, statement := range append(statements, fmt.Sprintf("INSERT INTO %s VALUES (%d)", versions, have+i+1)) {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("version %d: %w", have+i+1, err)
			}
		}
	}
	return tx.Commit()
}
