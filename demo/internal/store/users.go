package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrEmailTaken is returned when somebody signs up with an address that already has an account.
var ErrEmailTaken = errors.New("there is already an account with this address")

// User is somebody with an account.
type User struct {
	ID           int64
	Email        string
	Name         string
	PasswordHash string `json:"-"`
	Admin        bool
}

// FirstName is the name that the shop greets with.
func (u User) FirstName() string {
	first, _, _ := strings.Cut(u.Name, " ")
	return first
}

const userColumns = "id, email, name, password_hash, is_admin"

func scanUser(row scanner) (User, error) {
	var u User
	err := row.Scan(&u.ID, &u.Email, &u.Name, &u.PasswordHash, &u.Admin)
	return u, err
}

// CreateUser stores a new account and returns it with its id. A known address is refused with ErrEmailTaken.
func (s *Store) CreateUser(ctx context.Context, u User) (User, error) {
	res, err := s.db.ExecContext(ctx, "INSERT INTO users (email, name, password_hash, is_admin, created_at) VALUES (?, ?, ?, ?, ?)",
		u.Email, u.Name, u.PasswordHash, u.Admin, s.unix())
	if isUniqueViolation(err) {
		return User{}, ErrEmailTaken
	}
	if err != nil {
		return User{}, fmt.Errorf("create user: %w", err)
	}
	u.ID, err = res.LastInsertId()
	return u, err
}

// isUniqueViolation reports whether err is SQLite's refusal of a second row with the same unique value.
func isUniqueViolation(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}

// User returns the account with this id, or ErrNotFound.
func (s *Store) User(ctx context.Context, id int64) (User, error) {
	u, err := scanUser(s.db.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users WHERE id = ?", id))
	return u, found("user", err)
}

// UserByEmail returns the account with this address, whatever its case, or ErrNotFound.
func (s *Store) UserByEmail(ctx context.Context, email string) (User, error) {
	u, err := scanUser(s.db.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users WHERE email = ?", email))
	return u, found("user", err)
}

// CreateProfile gives a new account its profile and its empty line in the customer statistics.
func (s *Store) CreateProfile(ctx context.Context, userID int64) error {
	if _, err := s.db.ExecContext(ctx, "INSERT INTO profiles (user_id, created_at) VALUES (?, ?)", userID, s.unix()); err != nil {
		return fmt.Errorf("create profile: %w", err)
	}
	if _, err := s.db.ExecContext(ctx, "INSERT INTO customer_stats (user_id) VALUES (?)", userID); err != nil {
		return fmt.Errorf("create customer statistics: %w", err)
	}
	return nil
}

// TrackRegistration notes when the account was made.
func (s *Store) TrackRegistration(ctx context.Context, userID int64) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO registrations (user_id, at) VALUES (?, ?)", userID, s.unix())
	return err
}

// AddToGroups puts the account into groups; one that it is in already is left alone.
func (s *Store) AddToGroups(ctx context.Context, userID int64, groups ...string) error {
	for _, name := range groups {
		if _, err := s.db.ExecContext(ctx, "INSERT OR IGNORE INTO user_groups (user_id, name) VALUES (?, ?)", userID, name); err != nil {
			return fmt.Errorf("add to group %s: %w", name, err)
		}
	}
	return nil
}

// CountOrder adds an order to its customer's statistics.
//
// This is one of the demo's two deliberate bugs: it dates from before CreateProfile opened a line for every account, so the
// INSERT meets that line and fails for everybody. An upsert would be right.
func (s *Store) CountOrder(ctx context.Context, userID int64, total Money) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO customer_stats (user_id, orders, spent_cents) VALUES (?, 1, ?)", userID, total)
	return err
}
