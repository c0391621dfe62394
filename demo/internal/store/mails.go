package store

import (
	"context"
	"fmt"
)

// Mail is a letter to a customer.
type Mail struct {
	ID                       int64
	Recipient, Subject, Body string
	Sent                     bool
}

// QueueMail puts a letter into the outbox and returns its id.
func (s *Store) QueueMail(ctx context.Context, m Mail) (int64, error) {
	res, err := s.db.ExecContext(ctx, "INSERT INTO mails (recipient, subject, body, queued_at) VALUES (?, ?, ?, ?)",
		m.Recipient, m.Subject, m.Body, s.unix())
	if err != nil {
		return 0, fmt.Errorf("queue mail: %w", err)
	}
	return res.LastInsertId()
}

// MarkSent notes that a letter was handed over.
func (s *Store) MarkSent(ctx context.Context, id int64) error {
	_, err := s.db.ExecContext(ctx, "UPDATE mails SET sent_at = ? WHERE id = ?", s.unix(), id)
	return err
}

// MailsTo lists the letters to an address, the oldest first.
func (s *Store) MailsTo(ctx context.Context, recipient string) ([]Mail, error) {
	return query(ctx, s.db, func(row scanner) (Mail, error) {
		var m Mail
		err := row.Scan(&m.ID, &m.Recipient, &m.Subject, &m.Body, &m.Sent)
		return m, err
	}, "SELECT id, recipient, subject, body, sent_at IS NOT NULL FROM mails WHERE recipient = ? ORDER BY id", recipient)
}
