// Package tasks runs functions later, on another goroutine or in another process, and
// keeps what is to be run in the app's own database.
//
//	var SendWelcome = tasks.New("mail.welcome", func(ctx context.Context, to string) error {
//		return mailer.Send(ctx, to, "Welcome")
//	})
//
//	client, err := tasks.Open(ctx, tasks.Config{DSN: "app.db"}) // or "postgres://..."
//	defer client.Close(context.Background())
//	err = client.Start(ctx)
//
//	job, err := SendWelcome.Enqueue(ctx, "ann@example.org")
//
// The queue is River (github.com/riverqueue/river): its tables, its workers and its
// client, which [Client] passes on. This package adds what its users would otherwise
// write themselves: functions as tasks, an SQLite database to begin with, policies, and a
// Record of each attempt in the debug toolbar.
package tasks
