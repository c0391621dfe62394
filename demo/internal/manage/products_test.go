package manage_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pieces.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSG16_ImportProducts(t *testing.T) {
	st, root := setup(t)
	want(t, commandstest.Call(t, root, "seed", "--orders", "5", "--visits", "7", "--customers", "3"), 0, "Stocked")
	good := file(t, "IM-1,Egg cup,mugs,mug,Sand,800,10\nIM-2,Salt pot,mugs,mug,Sand,900,10\n")
	want(t, commandstest.Call(t, root, "import-products", good), 1, "the send was denied: say who you are")
	want(t, commandstest.Call(t, root, "import-products", good, "--operator", "Maud"), 0, "Imported 2 pieces\n")
	if p, err := st.Product(t.Context(), "IM-2"); err != nil || p.Description != "Salt pot in Sand." {
		t.Errorf("imported %+v, %v", p, err)
	}
	want(t, commandstest.Call(t, root, "import-products", file(t, "IM-3,Cup,mugs,mug,Sand,dear,1\n"), "--operator", "Maud"), 1, "line 1")
	want(t, commandstest.Call(t, root, "import-products", "/no/such/file", "--operator", "Maud"), 1, "no such file")
}

func TestA21_SetPrice(t *testing.T) {
	st, root := setup(t)
	want(t, commandstest.Call(t, root, "seed", "--orders", "5", "--visits", "7", "--customers", "3"), 0, "Stocked")
	want(t, commandstest.Call(t, root, "set-price", "FH-101", "1950"), 0, "FH-101 costs £19.50 now, not £18.00\n")
	want(t, commandstest.Call(t, root, "set-price", "FH-101", "1950"), 0, "already")
	want(t, commandstest.Call(t, root, "set-price", "FH-101", "0"), 1, "nothing is free here")
	want(t, commandstest.Call(t, root, "set-price", "FH-101", "dear"), 1, "is no price")
	want(t, commandstest.Call(t, root, "set-price", "XX-1", "5"), 1, "not found")
	if log, err := st.PriceLog(t.Context()); err != nil || len(log) != 1 || log[0].New != 1950 {
		t.Errorf("price log %+v, %v", log, err)
	}
}
