package manage

import (
	"context"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

func seed(st *store.Store) commands.Command {
	return commands.Command{
		Name:  "seed",
		Help:  "Fill an empty shop with a catalogue, customers and orders.",
		Group: "Housekeeping",
		Setup: func(f *commands.Flags) commands.RunFunc {
			customers := f.Int("customers", 60, "`how many` customers")
			orders := f.Int("orders", 300, "`how many` orders of the last three months")
			visits := f.Int("visits", 24000, "`how many` visits of the last three months")
			return func(ctx context.Context, run *commands.Run) error {
				if *customers < 2 || *orders < 1 || *visits < 1 {
					return commands.Errorf("a shop has two customers, an order and a visit at least, not %d, %d and %d", *customers, *orders, *visits)
				}
				done, err := shop.Stock(ctx, st, store.Seed{Customers: *customers, Orders: *orders, Visits: *visits})
				switch {
				case err != nil:
					return err
				case done == (store.Seeded{}):
					fmt.Fprintln(run.Out, "The shop is stocked already: nothing to do")
				default:
					fmt.Fprintf(run.Out, "Stocked the shop with %d products, %d customers, %d orders and %d visits\n",
						done.Products, done.Customers, done.Orders, done.Visits)
				}
				return nil
			}
		},
	}
}
