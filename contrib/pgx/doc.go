// Package pgxtap reports what an app asks of PostgreSQL through pgx's own interface: each
// statement with its parameters, rows and the line in the app's code, batches by their
// queries, COPY, prepared statements, transactions as a bracket, connections and the wait
// for one of a pool.
//
//	config, err := pgxpool.ParseConfig(url)
//	config.ConnConfig.Tracer = pgxtap.New(config.ConnConfig)
//	pool, err := pgxpool.NewWithConfig(ctx, config)
//
// An app that opens pgx through database/sql wants package sqltap instead, which knows
// more: the time that the app took to read rows is not the database's there. Tracers of
// others go beside this one with pgx's own multitracer.
package pgxtap
