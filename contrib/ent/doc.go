// Package entsignals sends the signals of package modelsignals from ent's hooks:
// pre_save and post_save around a row that is created or updated, pre_delete and
// post_delete around one that is deleted, one bulk signal for an update or delete by
// condition, and committed after the commit.
//
//	var Orders = modelsignals.New[ent.Order]("order")
//
//	client.Order.Use(entsignals.Hook(Orders, entsignals.OnCommit(onCommit)))
//
//	Orders.PostSave.On(logChange, signals.WhenChanged("Status"))
//	client.Order.UpdateOneID(7).SetStatus("paid").Save(ctx)
//
// Statements are spans too when ent's driver stands on package sqltap:
// entsql.OpenDB(dialect.SQLite, db) with sqltap's db.
//
// # Which signals
//
//	Create().Save                pre_save, post_save with Created
//	CreateBulk().Save            the same for each row, since ent calls hooks so
//	UpdateOne, UpdateOneID       pre_save, post_save with Old and Fields
//	Update().Where               bulk_updated
//	DeleteOne, DeleteOneID       pre_delete, post_delete
//	Delete().Where               bulk_deleted
//
// Receivers ask [Mutation] for ent's mutation, which has the client of the
// transaction, and [AfterCommit] to do something when it is over.
//
// # Limits
//
//   - ent begins no transaction by itself: outside of one, a post_save that fails makes
//     Save fail although the row is stored, and committed follows at once.
//   - The type of ent's transactions is generated, so that only the program can ask it
//     to tell of the commit: see [OnCommit]. Without that option committed is not sent
//     for what happens in a transaction.
//   - Old is read before an update of one row, a query, unless nobody listens.
//   - pre_delete knows no more than the row's id, unless [Loading] reads it.
//   - What pre_save changes of an edge is not stored, of fields it is. Upserts and
//     statements that do not go through the client's hooks send nothing.
package entsignals
