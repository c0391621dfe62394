// Package modelsignals sends signals when rows are saved and deleted, for programs
// that use database/sql: what Django calls pre_save, post_save, pre_delete and
// post_delete, with bulk signals and a phase after the commit beside them.
//
//	var Orders = modelsignals.New[Order]("order")
//
//	func (s *Shop) Save(ctx context.Context, o, old *Order) error {
//		return Orders.Save(ctx, s.db, modelsignals.Write[Order]{Model: o, Old: old},
//			func(ctx context.Context, db modelsignals.DB) (created bool, err error) {
//				_, err = db.ExecContext(ctx, `UPDATE orders SET status = ? WHERE id = ?`, o.Status, o.ID)
//				return false, err
//			})
//	}
//
//	Orders.PostSave.Connect(logChange, signals.WhenChanged("status"))
//
// The SQL stays the program's own. This package puts the signals around it, in the
// right place of the transaction:
//
//	InTx ─ begin ──────────────────────────────────────────── commit ─┐
//	         Save:   pre_save ─ SQL ─ post_save                       ├─ committed
//	         Delete: pre_delete ─ SQL ─ post_delete                   │
//	         Bulk:   SQL ─ bulk_created, _updated, _deleted           ┘
//
// # What an error does
//
// Receivers run on the sender's goroutine and, through [Conn], in its transaction.
//
//	pre_save fails                   nothing is written
//	post_save fails, no transaction  Save fails, but the row is stored
//	post_save fails, inside InTx     the row goes with the transaction
//	pre_delete, post_delete fail     the row stays: Delete is a transaction
//	a bulk signal's receiver fails   the batch is rolled back
//	committed                        cannot fail: what is stored is stored
//
// Mail is sent, jobs are queued and other systems told in [Model.Committed] or
// [AfterCommit]: before the commit they may hear of what never happened.
//
// Programs that use gorm or ent get these signals from contrib/gorm and contrib/ent,
// without calling Save and Delete here.
package modelsignals
