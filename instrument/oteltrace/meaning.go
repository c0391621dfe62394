package oteltrace

import "github.com/go-debug-toolbar/debugtoolbar/instrument"

// meaning is what an attribute tells about its span, by OpenTelemetry's semantic
// conventions: those of today and the ones that many libraries still have.
type meaning uint8

const (
	meansNothing    meaning = iota
	meansSystem             // which database or cache
	meansStatement          // the text of a query or of a cache's command
	meansSummary            // a query in a few words
	meansOperation          // GET, SELECT
	meansCollection         // table
	meansParameters         // of a statement: values
	meansPrepared           // the statement is prepared, not run
	meansMethod             // of an HTTP client's request or a server's
	meansRoute
	meansPath
	meansStatus
	meansServer // host that is called
	meansRPC
	meansRPCStatus
	meansMessaging
	meansURL
	meansURLQuery
	meansPathQuery
)

// meanings names the attributes that mean something, and under which name they are kept:
// that of the present conventions.
var meanings = []struct {
	names   []string // the first is the one that is kept
	meaning meaning
}{
	{[]string{"db.system.name", "db.system"}, meansSystem},
	{[]string{"db.query.text", "db.statement"}, meansStatement},
	{[]string{"db.query.summary"}, meansSummary},
	{[]string{"db.operation.name", "db.operation"}, meansOperation},
	{[]string{"db.collection.name", "db.sql.table"}, meansCollection},
	{[]string{"db.query.parameters", "pgx.query.parameters"}, meansParameters},
	{[]string{"pgx.prepare_stmt.name"}, meansPrepared},
	{[]string{"db.namespace", "db.name"}, meansNothing},
	{[]string{"db.response.affected_rows", "pgx.rows_affected", "db.rows_affected"}, meansNothing},
	{[]string{"http.request.method", "http.method"}, meansMethod},
	{[]string{"http.route"}, meansRoute},
	{[]string{"http.response.status_code", "http.status_code"}, meansStatus},
	{[]string{"server.address", "net.peer.name"}, meansServer},
	{[]string{"server.port", "net.peer.port"}, meansNothing},
	{[]string{"rpc.system.name", "rpc.system"}, meansRPC},
	{[]string{"rpc.response.status_code", "rpc.grpc.status_code"}, meansRPCStatus},
	{[]string{"messaging.system"}, meansMessaging},
	{[]string{"url.full", "http.url"}, meansURL},
	{[]string{"url.query"}, meansURLQuery},
	{[]string{"url.path"}, meansPath},
	{[]string{"http.target"}, meansPathQuery},
}

func init() {
	for _, m := range meanings {
		kept := instrument.NewKey(m.names[0])
		for _, n := range m.names {
			keys.all.Store(n, &key{name: n, key: kept, meaning: m.meaning})
		}
	}
}

// caches are the systems whose calls are a cache's.
var caches = map[string]bool{"redis": true, "memcached": true, "valkey": true, "dragonfly": true, "keydb": true}

// notSQL are the systems whose statements are in no SQL: nothing is known about where in
// them a value may stand, so their texts are not kept.
var notSQL = map[string]bool{
	"mongodb": true, "elasticsearch": true, "opensearch": true, "couchdb": true, "couchbase": true, "dynamodb": true,
	"aws.dynamodb": true, "cosmosdb": true, "azure.cosmosdb": true, "neo4j": true, "influxdb": true, "geode": true,
	"hbase": true, "etcd": true, "arangodb": true, "firestore": true,
}
