package explain

import (
	"context"
	"database/sql"
	"strings"
)

// explainSQLite asks on a connection that cannot write meanwhile.
func explainSQLite(ctx context.Context, conn *sql.Conn, statement string, tokens []token) (root []*Node, err error) {
	var only int
	if err := conn.QueryRowContext(ctx, "PRAGMA query_only").Scan(&only); err != nil {
		return nil, err
	}
	if only == 0 {
		if _, err := conn.ExecContext(ctx, "PRAGMA query_only = 1"); err != nil {
			return nil, err
		}
		defer func() {
			// ctx may be over; the connection must be as it was all the same.
			if _, err := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA query_only = 0"); err != nil {
				discard(conn)
			}
		}()
	}
	n, names := parameters(tokens)
	args := make([]any, 0, n+len(names))
	for range n {
		args = append(args, nil)
	}
	for _, name := range names {
		args = append(args, sql.Named(name, nil))
	}
	rows, err := conn.QueryContext(ctx, "EXPLAIN QUERY PLAN "+statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	byID := map[int64]*Node{}
	for rows.Next() {
		var id, parent, unused int64
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		node := sqliteNode(detail)
		byID[id] = node
		if up := byID[parent]; up != nil {
			up.Nodes = append(up.Nodes, node)
		} else {
			root = append(root, node)
		}
	}
	return root, rows.Err()
}

// sqliteNode reads a line such as "SEARCH posts USING INDEX posts_author (author=?)".
func sqliteNode(detail string) *Node {
	verb, rest, _ := strings.Cut(detail, " ")
	if verb != "SCAN" && verb != "SEARCH" {
		n := &Node{Name: detail}
		if what, sorts := strings.CutPrefix(detail, "USE TEMP B-TREE FOR "); sorts {
			n.Hint = "No index has the order of the " + what + ": the rows are sorted first."
		}
		return n
	}
	n := &Node{Name: verb, Object: rest}
	if table, by, ok := strings.Cut(rest, " USING "); ok {
		n.Object = table
		n.Details = append(n.Details, Detail{"Using", by})
		if strings.HasPrefix(by, "AUTOMATIC") {
			n.Hint = "The index is made anew for each run: create it."
		}
	} else if verb == "SCAN" && !strings.HasPrefix(rest, "CONSTANT") && !strings.HasPrefix(rest, "(") && !strings.Contains(rest, "VIRTUAL TABLE") {
		n.Hint = "All rows of the table are read."
	}
	return n
}
