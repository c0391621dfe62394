package store

import (
	"context"
	"fmt"
	"time"
)

// Feedback is what somebody wrote to the shop.
type Feedback struct {
	Name, Email string
	Rating      int // 1 to 5
	Message     string
	At          time.Time
}

// AddFeedback stores what somebody wrote.
func (s *Store) AddFeedback(ctx context.Context, f Feedback) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO feedback (name, email, rating, message, created_at) VALUES (?, ?, ?, ?, ?)",
		f.Name, f.Email, f.Rating, f.Message, s.unix())
	if err != nil {
		return fmt.Errorf("add feedback: %w", err)
	}
	return nil
}

// FeedbackSince lists what was written from a time on, the newest first.
func (s *Store) FeedbackSince(ctx context.Context, since time.Time) ([]Feedback, error) {
	return query(ctx, s.db, func(row scanner) (Feedback, error) {
		var f Feedback
		var at int64
		err := row.Scan(&f.Name, &f.Email, &f.Rating, &f.Message, &at)
		f.At = time.Unix(at, 0)
		return f, err
	}, "SELECT name, email, rating, message, created_at FROM feedback WHERE created_at >= ? ORDER BY id DESC", since.Unix())
}
