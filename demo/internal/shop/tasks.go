package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// What the shop does later, in its own database and by its own process: letters that nobody waits for, invoices, and the
// day's sales. A visitor's page is done without them, and they are done when the program comes back after a crash.
var (
	// SendLetter hands a letter of the outbox over to the relay.
	SendLetter = tasks.New("mail.send", sendLetter, tasks.Options{Queue: MailQueue, Retry: tasks.Retry{Max: 5, Delay: 2 * time.Second}, Timeout: 30 * time.Second})
	// MakeInvoice writes the invoice of an order, once, and posts it.
	MakeInvoice = tasks.New("invoice.make", makeInvoice, tasks.Options{Tags: []string{"invoice"}})
)

// The queues: letters wait for the relay, and must not keep what is urgent waiting.
const (
	MailQueue = "mail"
	BulkQueue = "bulk"
)

// Queues are the queues that the shop's tasks need, with their workers.
func Queues() map[string]tasks.Queue {
	return map[string]tasks.Queue{tasks.DefaultQueue: {Workers: 4}, MailQueue: {Workers: 8}, BulkQueue: {Workers: 2}}
}

// letterArgs names a letter of the outbox.
type letterArgs struct {
	Letter int64  `json:"letter"`
	To     string `json:"to"`
}

// invoiceArgs names an order.
type invoiceArgs struct {
	Order int64 `json:"order"`
}

// shops are the open shops by the client that works their tasks: tests open several in one process.
var shops sync.Map

var errClosed = errors.New("the shop is closed")

// shopOf is the shop for which a task runs.
func shopOf(ctx context.Context) (*Shop, error) {
	if c := tasks.FromContext(ctx); c != nil {
		if s, ok := shops.Load(c); ok {
			return s.(*Shop), nil
		}
	}
	return nil, errClosed
}

// The shop and its orders travel through the queue by name and number, and are looked up again where a receiver is called.
var (
	_ = signals.Identify("shop", (*Shop).String, func(ctx context.Context, _ string) (*Shop, error) { return shopOf(ctx) })
	_ = signals.Identify("order", orderKey, loadOrder)
)

func orderKey(o store.Order) string { return strconv.FormatInt(o.ID, 10) }

func loadOrder(ctx context.Context, key string) (store.Order, error) {
	s, err := shopOf(ctx)
	if err != nil {
		return store.Order{}, err
	}
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return store.Order{}, err
	}
	o, err := s.store.Order(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("%w: %w", signals.ErrGone, err)
	}
	return o, err
}

// connectTasks has receivers called later, if the shop has a queue.
func (s *Shop) connectTasks(c *tasks.Client) {
	if c == nil {
		return
	}
	s.tasks = c
	shops.Store(c, s)
	s.onClose(func() { shops.Delete(c) })
	sales := c.Batched(tasks.Batch{Size: 20, Interval: 5 * time.Second, Options: tasks.Options{Queue: BulkQueue}})
	from := signals.From(s)
	s.listen(
		PaymentProcessed.Connect(s.queueInvoice, signals.UID("queue-invoice"), from),
		PaymentProcessed.Connect(s.countSale, signals.UID("count-sale"), from, signals.Queued(sales)),
	)
}

// later posts a letter of the outbox when there is time.
func (s *Shop) later(ctx context.Context, letter int64, to string) error {
	if s.tasks == nil {
		return nil // it stays in the outbox
	}
	_, err := SendLetter.Enqueue(tasks.WithClient(ctx, s.tasks), letterArgs{letter, to})
	return err
}

func sendLetter(ctx context.Context, a letterArgs) error {
	s, err := shopOf(ctx)
	if err != nil {
		return err
	}
	if err := s.relay.deliver(ctx, store.Mail{ID: a.Letter, Recipient: a.To}); err != nil {
		return err
	}
	return s.store.MarkSent(ctx, a.Letter)
}

func (s *Shop) queueInvoice(ctx context.Context, e signals.Event[Payment]) error {
	_, err := MakeInvoice.Enqueue(tasks.WithClient(ctx, s.tasks), invoiceArgs{e.Payload.Order.ID})
	return err
}

// makeInvoice may run twice, after a crash: the second time finds the invoice in the outbox.
func makeInvoice(ctx context.Context, a invoiceArgs) error {
	s, err := shopOf(ctx)
	if err != nil {
		return err
	}
	order, err := s.store.Order(ctx, a.Order)
	if errors.Is(err, store.ErrNotFound) {
		return tasks.Permanent(err)
	}
	if err != nil {
		return err
	}
	text, err := views.InvoiceLetter(ctx, order)
	if err != nil {
		return tasks.Permanent(err)
	}
	invoice := store.Mail{Recipient: order.User.Email, Subject: fmt.Sprintf("Invoice %d", order.ID), Body: text}
	made, err := s.store.MailsTo(ctx, invoice.Recipient)
	if err != nil {
		return err
	}
	for _, m := range made {
		if m.Subject == invoice.Subject {
			return nil
		}
	}
	id, err := s.store.QueueMail(ctx, invoice)
	if err != nil {
		return err
	}
	return s.later(ctx, id, invoice.Recipient)
}

// countSale adds a sale to the day's: twenty at a time, because nobody waits for it.
func (s *Shop) countSale(ctx context.Context, e signals.Event[Payment]) error {
	s.salesMu.Lock()
	s.sales += e.Payload.Order.Total
	total := s.sales
	s.salesMu.Unlock()
	s.log.InfoContext(ctx, "sale counted", slog.Int64("order", e.Payload.Order.ID), slog.String("so far", total.String()))
	return nil
}
