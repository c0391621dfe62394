package sqlitefile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// The folder is made with the file, and git does not see it.
func ExampleOpen() {
	app, err := os.MkdirTemp("", "app")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(app)

	db, err := sqlitefile.Open(filepath.Join(app, ".toolbar", "toolbar.db"), sqlitefile.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	info, err := os.Stat(filepath.Join(app, ".toolbar", "toolbar.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.Mode())
	// Output: -rw-------
}
