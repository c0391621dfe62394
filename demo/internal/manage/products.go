package manage

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func importProducts(st *store.Store) commands.Command {
	return commands.Command{
		Name:  "import-products",
		Help:  "Take new pieces into the catalogue, from a file of lines sku,name,category,shape,glaze,pence,stock.",
		Args:  "FILE",
		Group: "Catalogue",
		Setup: func(f *commands.Flags) commands.RunFunc {
			operator := f.String("operator", "", "`who` answers for the import")
			return func(ctx context.Context, run *commands.Run) error {
				pieces, err := readPieces(run.Args[0])
				if err != nil {
					return err
				}
				if err := shop.ImportProducts(signals.WithUser(ctx, *operator), st, run.Args[0], pieces); err != nil {
					return err
				}
				fmt.Fprintf(run.Out, "Imported %d pieces\n", len(pieces))
				return nil
			}
		},
	}
}

func setPrice(st *store.Store) commands.Command {
	return commands.Command{
		Name:  "set-price",
		Help:  "Give a piece another price.",
		Args:  "SKU PENCE",
		Group: "Catalogue",
		Setup: func(*commands.Flags) commands.RunFunc {
			return func(ctx context.Context, run *commands.Run) error {
				pence, err := strconv.Atoi(run.Args[1])
				if err != nil {
					return commands.Errorf("%q is no price in pence", run.Args[1])
				}
				old, err := st.Product(ctx, run.Args[0])
				if err != nil {
					return err
				}
				p := old
				if p.Price = store.Money(pence); p.Price == old.Price {
					fmt.Fprintf(run.Out, "%s costs %s already\n", p.SKU, p.Price)
					return nil
				}
				if err := shop.SaveProduct(ctx, st, &p, &old); err != nil {
					return err
				}
				fmt.Fprintf(run.Out, "%s costs %s now, not %s\n", p.SKU, p.Price, old.Price)
				return nil
			}
		},
	}
}

// readPieces reads the lines of a file; an error names the line.
func readPieces(path string) (pieces []*store.Product, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = 7
	for {
		line, err := r.Read()
		if errors.Is(err, io.EOF) {
			return pieces, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		at, _ := r.FieldPos(0)
		pence, err := strconv.Atoi(line[5])
		stock, err2 := strconv.Atoi(line[6])
		if err := errors.Join(err, err2); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, at, err)
		}
		pieces = append(pieces, &store.Product{
			SKU: line[0], Name: line[1], Category: line[2], Shape: line[3], Glaze: line[4], Price: store.Money(pence), Stock: stock,
		})
	}
}
