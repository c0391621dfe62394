package shop

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

// The signals of the catalogue. They need no open shop: commands change the catalogue too. The store that is changed is in the
// context.
var (
	// Products has the signals around the rows of products.
	Products = modelsignals.New[store.Product]("product", signals.KeepRecent(20))
	// CatalogueImport is sent before pieces are imported. Who sends it has to say who they are.
	CatalogueImport = signals.New[Import]("catalogue_import", signals.Doc("Pieces are about to be imported; receivers may refuse."))
	// CatalogueImported is sent when they were.
	CatalogueImported = signals.New[Import]("catalogue_imported", signals.Doc("Pieces were imported."), signals.KeepRecent(10))
)

// Import is what came from a file.
type Import struct {
	File   string
	Pieces int
}

// Who listens is declared beside the functions, as package variables: they are connected when the program starts.
var (
	_ = Products.PreSave.On(checkPiece, signals.UID("check-piece"))
	_ = Products.PostSave.On(logPrice, signals.UID("log-price"), signals.When(isKnown), signals.WhenChanged("Price"))
	_ = Products.Committed.On(announcePiece, signals.UID("announce-piece"), signals.When(isNew), signals.InEnvironment("production", "demo"))

	_ = CatalogueImported.On(recount, signals.UID("recount-shelves"))
	_ = CatalogueImported.On(findTwins, signals.UID("find-twins"))
	_ = CatalogueImported.On(tellKeeper, signals.UID("tell-keeper"), signals.Alone())

	_ = CatalogueImport.Intercept(signals.TypedInterceptors[Import]{Send: needsUser})
)

type storeKey struct{}

// withStore has the receivers of the catalogue's signals work on st.
func withStore(ctx context.Context, st *store.Store) context.Context {
	return context.WithValue(ctx, storeKey{}, st)
}

func storeOf(ctx context.Context) *store.Store {
	st, _ := ctx.Value(storeKey{}).(*store.Store)
	return st
}

// SaveProduct writes a piece, with its signals around it. old is the piece as it was; nil for a new one.
func SaveProduct(ctx context.Context, st *store.Store, p, old *store.Product) error {
	return modelsignals.InTx(withStore(ctx, st), st.DB(), func(ctx context.Context, _ *sql.Tx) error {
		return Products.Save(ctx, st.DB(), modelsignals.Write[store.Product]{Model: p, Old: old},
			func(ctx context.Context, db modelsignals.DB) (bool, error) { return st.SaveProduct(ctx, db, p) })
	})
}

// ImportProducts writes many pieces in one transaction, without a signal for each of them: there is one for all.
func ImportProducts(ctx context.Context, st *store.Store, file string, pieces []*store.Product) error {
	ctx = withStore(ctx, st)
	about := Import{File: file, Pieces: len(pieces)}
	if _, err := CatalogueImport.Send(ctx, "shop.ImportProducts", about); err != nil {
		return err
	}
	quiet := signals.Suspend(ctx, Products.PreSave, Products.PostSave, Products.Committed)
	err := modelsignals.InTx(quiet, st.DB(), func(ctx context.Context, _ *sql.Tx) error {
		for _, p := range pieces {
			if err := checkPiece(ctx, modelsignals.Write[store.Product]{Model: p}); err != nil {
				return err
			}
			if err := SaveProduct(ctx, st, p, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = CatalogueImported.SendConcurrent(ctx, 2, "shop.ImportProducts", about)
	return err
}

// needsUser denies an import that nobody answers for.
func needsUser(ctx context.Context, e *signals.Event[Import], next signals.Next) ([]signals.Result, error) {
	if signals.ScopeOf(ctx).User == "" {
		return nil, fmt.Errorf("import %s: %w: say who you are", e.Payload.File, signals.ErrDenied)
	}
	return next(ctx)
}

// checkPiece refuses what cannot be sold, and fills in what can be guessed.
func checkPiece(_ context.Context, w modelsignals.Write[store.Product]) error {
	p := w.Model
	p.Name = strings.TrimSpace(p.Name)
	switch {
	case p.SKU == "" || p.Name == "":
		return errors.New("a piece needs an article number and a name")
	case p.Price <= 0:
		return fmt.Errorf("%s: the price is %s: nothing is free here", p.SKU, p.Price)
	}
	if p.Description == "" {
		p.Description = p.Name + " in " + p.Glaze + "."
	}
	return nil
}

func isKnown(_ context.Context, e signals.Event[modelsignals.Write[store.Product]]) bool {
	return e.Payload.Old != nil
}

func isNew(_ context.Context, e signals.Event[modelsignals.Commit[store.Product]]) bool {
	return e.Payload.Op == modelsignals.Created
}

// logPrice runs inside the transaction of the save: no price changes without its line.
func logPrice(ctx context.Context, w modelsignals.Write[store.Product]) error {
	st := storeOf(ctx)
	return st.LogPrice(ctx, modelsignals.Conn(ctx, st.DB()), w.Model.ID, w.Old.Price, w.Model.Price)
}

// announcePiece writes to the keeper about a new piece, when it is stored for good.
func announcePiece(ctx context.Context, c modelsignals.Commit[store.Product]) error {
	_, err := storeOf(ctx).QueueMail(ctx, store.Mail{
		Recipient: store.KeeperEmail,
		Subject:   "New on the shelf: " + c.Models[0].Name,
		Body:      fmt.Sprintf("%s is for sale now.\n", c.Models[0].SKU),
	})
	return err
}

// recount looks whether every shelf has something on it.
func recount(ctx context.Context, _ Import) error {
	st := storeOf(ctx)
	shelves, err := st.Categories(ctx)
	if err != nil {
		return err
	}
	for _, shelf := range shelves {
		if pieces, err := st.InCategory(ctx, shelf.Slug); err != nil {
			return err
		} else if len(pieces) == 0 {
			return fmt.Errorf("the shelf %s is empty", shelf.Name)
		}
	}
	return nil
}

// findTwins looks for pieces of one name.
func findTwins(ctx context.Context, _ Import) error {
	var name string
	err := storeOf(ctx).DB().QueryRowContext(ctx, "SELECT name FROM products GROUP BY name, glaze HAVING COUNT(*) > 1").Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("there are two pieces called %s", name)
	}
	return err
}

// tellKeeper is connected with Alone: it writes, and is done before the others look.
func tellKeeper(ctx context.Context, i Import) error {
	_, err := storeOf(ctx).QueueMail(ctx, store.Mail{
		Recipient: store.KeeperEmail,
		Subject:   fmt.Sprintf("%d new pieces", i.Pieces),
		Body:      fmt.Sprintf("%s imported %s.\n", signals.ScopeOf(ctx).User, i.File),
	})
	return err
}
