package explain

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// prepared is the name under which a statement with parameters is planned.
const prepared = "debugtoolbar_explain"

// cleanUpTime is how long a connection may take to be as it was; one that takes longer is
// closed.
const cleanUpTime = 2 * time.Second

// explainPostgres asks in a transaction that cannot write and is rolled back. A
// statement with parameters is prepared there, and planned for any value.
func explainPostgres(ctx context.Context, conn *sql.Conn, statement string, tokens []token) (root []*Node, err error) {
	n, names := parameters(tokens)
	if len(names) > 0 {
		return nil, refuse("PostgreSQL knows no named parameters")
	}
	if n > 0 && hasPlain(tokens) {
		return nil, refuse("PostgreSQL's parameters are $1, $2; a ? in it is an operator")
	}
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := tx.Rollback(); e != nil && !errors.Is(e, sql.ErrTxDone) {
			discard(conn)
		}
	}()
	for _, set := range []string{
		fmt.Sprintf("SET LOCAL statement_timeout = %d", Timeout.Milliseconds()),
		"SET LOCAL lock_timeout = 500",
		"SET LOCAL plan_cache_mode = force_generic_plan",
		"SET LOCAL standard_conforming_strings = on",
	} {
		if _, err := tx.ExecContext(ctx, set); err != nil {
			return nil, err
		}
	}
	var readOnly string
	if err := tx.QueryRowContext(ctx, "SHOW transaction_read_only").Scan(&readOnly); err != nil {
		return nil, err
	}
	if readOnly != "on" {
		return nil, errors.New("the driver began a transaction that can write although it was told not to")
	}
	what := trimEnd(statement)
	if n > 0 {
		if _, err := tx.ExecContext(ctx, "PREPARE "+prepared+" AS "+what); err != nil {
			return nil, err
		}
		// A prepared statement outlives the transaction.
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
			defer cancel()
			if _, err := conn.ExecContext(ctx, "DEALLOCATE "+prepared); err != nil {
				discard(conn)
			}
		}()
		defer tx.Rollback()
		what = "EXECUTE " + prepared + "(" + strings.TrimSuffix(strings.Repeat("NULL, ", n), ", ") + ")"
	}
	var plan []byte
	if err := tx.QueryRowContext(ctx, "EXPLAIN (FORMAT JSON) "+what).Scan(&plan); err != nil {
		return nil, err
	}
	return postgresNodes(plan)
}

func hasPlain(tokens []token) bool {
	for _, t := range tokens {
		if t.kind == placeholder && len(t.text) == 1 {
			return true
		}
	}
	return false
}

// trimEnd takes off the semicolon that Check allows, which may stand before a comment.
func trimEnd(statement string) string {
	trimmed := strings.TrimRight(statement, "; \t\r\n\f")
	return trimmed + "\n" // ends a comment of one line
}

type postgresPlan struct {
	Plan postgresNode `json:"Plan"`
}

type postgresNode struct {
	Type     string  `json:"Node Type"`
	Join     string  `json:"Join Type"`
	Strategy string  `json:"Strategy"`
	Relation string  `json:"Relation Name"`
	Alias    string  `json:"Alias"`
	Index    string  `json:"Index Name"`
	CTE      string  `json:"CTE Name"`
	Function string  `json:"Function Name"`
	Subplan  string  `json:"Subplan Name"`
	Startup  float64 `json:"Startup Cost"`
	Total    float64 `json:"Total Cost"`
	Rows     float64 `json:"Plan Rows"`
	Width    int     `json:"Plan Width"`

	IndexCond  string   `json:"Index Cond"`
	Recheck    string   `json:"Recheck Cond"`
	Filter     string   `json:"Filter"`
	HashCond   string   `json:"Hash Cond"`
	MergeCond  string   `json:"Merge Cond"`
	JoinFilter string   `json:"Join Filter"`
	Sort       []string `json:"Sort Key"`
	Group      []string `json:"Group Key"`
	Workers    int      `json:"Workers Planned"`

	Plans []postgresNode `json:"Plans"`
}

func postgresNodes(plan []byte) ([]*Node, error) {
	var list []postgresPlan
	if err := json.Unmarshal(plan, &list); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	var root []*Node
	for _, p := range list {
		root = append(root, p.Plan.node())
	}
	return root, nil
}

func (p *postgresNode) node() *Node {
	n := &Node{Name: p.Type, Object: p.object(), Cost: Cost{true, p.Startup, p.Total, p.Rows, p.Width}}
	if p.Join != "" && p.Join != "Inner" {
		n.Name = p.Type + ", " + p.Join
	}
	if p.Strategy != "" && p.Strategy != "Plain" {
		n.Name = p.Strategy + " " + p.Type
	}
	if p.Subplan != "" {
		n.Name = p.Subplan + ": " + n.Name
	}
	for _, d := range []Detail{
		{"Index Cond", p.IndexCond}, {"Recheck Cond", p.Recheck}, {"Filter", p.Filter}, {"Hash Cond", p.HashCond},
		{"Merge Cond", p.MergeCond}, {"Join Filter", p.JoinFilter},
		{"Sort Key", strings.Join(p.Sort, ", ")}, {"Group Key", strings.Join(p.Group, ", ")},
	} {
		if d.Text != "" {
			n.Details = append(n.Details, Detail{d.Name, mask.Default().Statement(d.Text)})
		}
	}
	if p.Workers > 0 {
		n.Details = append(n.Details, Detail{"Workers", fmt.Sprint(p.Workers)})
	}
	if p.Type == "Seq Scan" && p.Filter != "" {
		n.Hint = "All rows of the table are read, and those that the filter drops for nothing."
	}
	for i := range p.Plans {
		n.Nodes = append(n.Nodes, p.Plans[i].node())
	}
	return n
}

func (p *postgresNode) object() string {
	name := p.Relation + p.CTE + p.Function
	if name != "" {
		name = "on " + name
		if p.Alias != "" && p.Alias != p.Relation+p.CTE+p.Function {
			name += " " + p.Alias
		}
	}
	if p.Index != "" {
		name = strings.TrimSpace(name + " using " + p.Index)
	}
	return name
}
