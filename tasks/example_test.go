package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// sendMail would hand a letter to a relay.
var sendMail = tasks.New("example.mail", func(_ context.Context, to string) error {
	fmt.Println("mail to", to)
	return nil
})

// exampleClient opens and starts a queue in a new SQLite file.
func exampleClient(config tasks.Config) (ctx context.Context, done <-chan *river.Event, end func()) {
	dir, err := os.MkdirTemp("", "tasks")
	if err != nil {
		log.Fatal(err)
	}
	config.DSN = filepath.Join(dir, "app.db") // or "postgres://..."
	config.Logger = slog.New(slog.DiscardHandler)
	client, err := tasks.Open(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	done, _ = client.Subscribe(river.EventKindJobCompleted, river.EventKindJobCancelled)
	if err := client.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	return tasks.WithClient(context.Background(), client), done, func() {
		client.Close(context.Background())
		os.RemoveAll(dir)
	}
}

// Queueing a function and working it.
func Example() {
	ctx, done, end := exampleClient(tasks.Config{Tasks: []tasks.Definition{sendMail}})
	defer end()
	job, err := sendMail.Enqueue(ctx, "ann@example.org")
	if err != nil {
		log.Fatal(err)
	}
	<-done
	err = job.Refresh(ctx)
	fmt.Println(job.Row.State, err)
	// Output:
	// mail to ann@example.org
	// completed <nil>
}

// One call, later and in another queue than usual. The task itself stays as it is.
func ExampleTask_With() {
	remind := tasks.New("example.remind", func(context.Context, string) error { return nil })
	ctx, _, end := exampleClient(tasks.Config{
		Tasks:  []tasks.Definition{remind},
		Queues: map[string]tasks.Queue{tasks.DefaultQueue: {}, "bulk": {Workers: 2}},
	})
	defer end()
	job, err := remind.With(tasks.Options{In: time.Hour, Expires: time.Hour, Queue: "bulk", Priority: tasks.Low}).Enqueue(ctx, "ann@example.org")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(job.Row.State, job.Row.Queue)
	// Output: scheduled bulk
}

// Five retries: after 2 s, 4 s, 8 s and so on, at most 30 s, and each of these times a random part
// of it. An address that does not exist is not tried again.
func ExampleRetry() {
	post := tasks.New("example.post", func(_ context.Context, to string) error {
		if to == "" {
			return tasks.Permanent(errors.New("there is no address"))
		}
		return errors.New("the relay is busy")
	}, tasks.Options{Retry: tasks.Retry{Max: 5, Delay: 2 * time.Second, Cap: 30 * time.Second}, Timeout: 10 * time.Second})
	ctx, done, end := exampleClient(tasks.Config{Tasks: []tasks.Definition{post}})
	defer end()
	if _, err := post.Enqueue(ctx, ""); err != nil {
		log.Fatal(err)
	}
	job := (<-done).Job
	fmt.Println(job.State, "after", job.Attempt, "attempt:", job.Errors[0].Error)
	// Output: cancelled after 1 attempt: JobCancelError: there is no address
}

// A second job like one that waits or runs is not queued.
func ExampleUnique() {
	sync := tasks.New("example.sync", func(context.Context, order) error { return nil }, tasks.Options{Unique: tasks.Unique{Args: true}, In: time.Hour})
	ctx, _, end := exampleClient(tasks.Config{Tasks: []tasks.Definition{sync}})
	defer end()
	for _, id := range []int{1, 2, 1} {
		job, err := sync.Enqueue(ctx, order{id})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(id, job.Duplicate)
	}
	// Output:
	// 1 false
	// 2 false
	// 1 true
}

// A task that gives something back.
func ExampleNewResult() {
	count := tasks.NewResult("example.count", func(_ context.Context, text string) (int, error) { return len(text), nil })
	ctx, done, end := exampleClient(tasks.Config{Tasks: []tasks.Definition{count}})
	defer end()
	job, err := count.Enqueue(ctx, "pottery")
	if err != nil {
		log.Fatal(err)
	}
	<-done
	n, err := count.Result(ctx, job.ID())
	fmt.Println(n, err)
	// Output: 7 <nil>
}

// The result of each is given to the next.
func ExampleChain() {
	fetch := tasks.NewResult("example.fetch", func(_ context.Context, sku string) (string, error) { return sku + ": a bowl", nil })
	announce := tasks.New("example.announce", func(_ context.Context, text string) error { fmt.Println(text); return nil })
	ctx, done, end := exampleClient(tasks.Config{Tasks: []tasks.Definition{fetch, announce}})
	defer end()
	if _, err := tasks.Chain(ctx, fetch.Call("B-7"), tasks.Feed(announce)); err != nil {
		log.Fatal(err)
	}
	<-done
	<-done
	// Output: B-7: a bowl
}

// Some jobs side by side, and one with all their results when they are done: a chord.
func ExampleGroup() {
	square := tasks.NewResult("example.square", func(_ context.Context, n int) (int, error) { return n * n, nil })
	sum := tasks.New("example.sum", func(_ context.Context, list []int) error { fmt.Println(list); return nil })
	ctx, done, end := exampleClient(tasks.Config{Tasks: []tasks.Definition{square, sum}})
	defer end()
	if _, err := tasks.Group(square.Call(2), square.Call(3), square.Call(4)).Then(ctx, tasks.Feed(sum)); err != nil {
		log.Fatal(err)
	}
	for range 4 {
		<-done
	}
	// Output: [4 9 16]
}

// What is queued by the clock, once for all processes that have the schedule.
func ExampleSchedule() {
	clean := tasks.New("example.clean", func(context.Context, struct{}) error { return nil })
	ctx, _, end := exampleClient(tasks.Config{
		Tasks: []tasks.Definition{clean},
		Schedules: []tasks.Schedule{
			{Name: "nightly", Cron: "0 3 * * *", Call: clean.Call(struct{}{}), Overlap: tasks.Skip},
			{Name: "weekdays", Cron: "0 7 * * 1-5", Call: clean.Call(struct{}{})},
			{Name: "often", Every: 15 * time.Minute, Call: clean.Call(struct{}{})},
		},
	})
	defer end()
	list, err := tasks.FromContext(ctx).Schedules(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range list {
		fmt.Println(s.Name, "-", s.Words)
	}
	// Output:
	// nightly - at 03:00 (UTC)
	// weekdays - at 07:00, Monday to Friday (UTC)
	// often - every 15m
}

// What happens to jobs is sent as signals.
func ExampleEvent() {
	fail := tasks.New("example.fail", func(context.Context, struct{}) error { return tasks.Permanent(errors.New("no stock")) })
	told := make(chan string, 1)
	defer tasks.Failed.On(func(_ context.Context, e tasks.Event) error {
		told <- e.Job.Kind + ": " + e.Err.Error()
		return nil
	}, signals.From("example.fail")).Disconnect()
	ctx, done, end := exampleClient(tasks.Config{Tasks: []tasks.Definition{fail}})
	defer end()
	if _, err := fail.Enqueue(ctx, struct{}{}); err != nil {
		log.Fatal(err)
	}
	<-done
	fmt.Println(<-told)
	// Output: example.fail: JobCancelError: no stock
}
