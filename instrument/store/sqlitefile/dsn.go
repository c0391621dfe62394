package sqlitefile

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// What the pragmas ask for, in bytes where nothing else is said.
const (
	// walPages is how many pages the -wal gathers before it is copied into the
	// file: 8 MiB. A page that is written by twenty transactions is then copied
	// once instead of up to twenty times.
	walPages = 512
	// walKept is the size to which the -wal shrinks after a peak.
	walKept = 8 << 20
	// cacheKiB is the page cache of one connection.
	cacheKiB = 4 << 10
)

func fileDSN(path string, o Options) string {
	// mode=rw makes no file: one that SQLite made would not have our mark.
	return "file:" + escape(path) + "?mode=rw&" + query(o,
		"journal_mode("+journalOf(path)+")",
		"synchronous(NORMAL)",
		fmt.Sprintf("wal_autocheckpoint(%d)", walPages),
		fmt.Sprintf("journal_size_limit(%d)", walKept),
		fmt.Sprintf("cache_size(-%d)", cacheKiB),
	)
}

func readOnlyDSN(path string, o Options) string {
	return "file:" + escape(path) + "?mode=ro&" + query(o,
		"query_only(1)",
		fmt.Sprintf("cache_size(-%d)", cacheKiB),
	)
}

// frozenDSN has SQLite take no lock and look for no -wal.
func frozenDSN(path string, o Options) string {
	return strings.Replace(readOnlyDSN(path, o), "?mode=ro&", "?mode=ro&immutable=1&", 1)
}

var memories atomic.Int64

// memoryDSN names a database in memory that the connections of one pool share.
// SQLite's shared cache would do that too, but it answers a reader that meets a
// writer with an error at once, whatever the busy timeout; the memdb file system
// locks as a file does.
func memoryDSN(o Options) string {
	return fmt.Sprintf("file:/toolbar-%d?vfs=memdb&%s", memories.Add(1), query(o, "auto_vacuum(INCREMENTAL)"))
}

// query is the part of the data source name after the "?". Transactions that may
// write begin with the write lock: one that reads first and then cannot have the
// lock fails at once, and its data is lost.
func query(o Options, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}, "_dqs": {"0"}}
	q.Set("_busy_timeout", fmt.Sprint(o.BusyTimeout.Milliseconds()))
	q["_pragma"] = append(pragmas, "temp_store(MEMORY)", "trusted_schema(0)")
	return q.Encode()
}

// escape makes an absolute path the path of a file: URI.
func escape(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/app/toolbar.db
	}
	return "//" + (&url.URL{Path: path}).EscapedPath()
}
