// Package explain asks a database how it would run a statement, and cannot do more than
// ask: it is for statements that were captured, behind a button of a page.
//
//	plan, err := explain.Explain(ctx, db, "postgresql", "SELECT * FROM posts WHERE author = $1")
//	fmt.Print(plan)
//
//	Index Scan on posts using posts_author  cost 0.15..8.17  rows 1
//	    Index Cond: (author = $1)
//
// Nothing is run, by four walls behind each other:
//
//   - [Check] refuses what is not one SELECT, WITH ... SELECT or VALUES, and what the
//     dialects read differently.
//   - The statement is explained and never analysed: EXPLAIN QUERY PLAN in SQLite, EXPLAIN
//     without ANALYZE in PostgreSQL.
//   - The connection cannot write: query_only in SQLite, a READ ONLY transaction that is
//     rolled back in PostgreSQL.
//   - It has two seconds.
//
// Parameters are not needed: a plan is made for any value. Values that a plan repeats from
// the statement are hidden, as everything that is captured.
package explain
