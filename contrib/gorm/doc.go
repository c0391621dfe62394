// Package gormsignals sends the signals of package modelsignals when gorm writes:
// pre_save and post_save around a row that is created or updated, pre_delete and
// post_delete around one that is deleted, one bulk signal for many rows at once, and
// committed after the commit.
//
//	var Orders = modelsignals.New[Order]("order")
//
//	db, err := gorm.Open(dialector)
//	err = db.Use(gormsignals.New(gormsignals.For(Orders)))
//
//	Orders.PostSave.Connect(logChange, signals.WhenChanged("status"))
//	db.WithContext(ctx).Model(&order).Update("status", "paid")
//
// Statements are spans too when gorm's connection comes from package sqltap:
// sqlite.Dialector{Conn: sqltap's *sql.DB}, or the Conn of another driver.
//
// # Which signals
//
//	Create(&order)                      pre_save, post_save with Created
//	Create(&orders), CreateInBatches    bulk_created, one for each statement
//	Save(&order)                        pre_save, post_save
//	Model(&order).Updates(...)          pre_save, post_save with Fields and Old
//	Model(&Order{}).Where(...).Update   bulk_updated
//	Delete(&order), Delete(&orders)     pre_delete, post_delete for each
//	Delete(&Order{}, id), Where(...)    bulk_deleted
//
// They are sent inside the statement's transaction, which gorm begins by itself
// unless SkipDefaultTransaction is set, behind the model's own BeforeSave and so on.
// A receiver that fails makes the statement fail and its transaction roll back, also
// when that is post_save. Receivers ask [DB] for the transaction, and [AfterCommit]
// to do something when it is over, however deep in savepoints the write was.
//
// # Limits
//
//   - Old is the row as the program has it: the Model of Updates. For Save there is no
//     such thing; [WithOld] reads the row before each update.
//   - What pre_save changes is written, by Updates too; there only what is not zero,
//     unless the update is a map, as gorm does it.
//   - Save of a row that has its key but is not stored yet is an update first, in
//     gorm: pre_save is sent for that, post_save, with Created, for the insert.
//   - With ON CONFLICT nobody knows what happened: Created is false.
//   - A value that is an expression (gorm.Expr) is in Fields; the Model has the old one.
//   - A statement without a row's key is a bulk statement. Raw SQL, maps that are
//     created and join tables send nothing. SkipHooks and DryRun send nothing.
package gormsignals
