package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
)

// passwordCost is the lowest that bcrypt offers: with a cost fit for real accounts, the demo's traffic would measure bcrypt and
// little else.
const passwordCost = bcrypt.MinCost

// DemoPassword opens the accounts that every new shop has.
const DemoPassword = "stoneware"

// hashPassword makes what is stored instead of a password.
func hashPassword(password string) (string, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), passwordCost)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return string(hash), nil
}

// Stock fills a new shop, see store.Fill; the accounts open with DemoPassword.
func Stock(ctx context.Context, st *store.Store, seed store.Seed) (store.Seeded, error) {
	hash, err := hashPassword(DemoPassword)
	if err != nil {
		return store.Seeded{}, err
	}
	seed.PasswordHash = hash
	return st.Fill(ctx, seed)
}

func (s *Shop) signUpForm(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "SignUp", views.SignUp(s.page(r, "Open an account"), views.Form{}))
}

func (s *Shop) signUp(w http.ResponseWriter, r *http.Request) {
	user := store.User{Name: strings.TrimSpace(r.PostFormValue("name")), Email: strings.TrimSpace(r.PostFormValue("email"))}
	password := r.PostFormValue("password")
	if problem := signUpProblem(user, password); problem != "" {
		s.refuseSignUp(w, r, problem)
		return
	}
	var err error
	if user.PasswordHash, err = hashPassword(password); err != nil {
		s.fail(w, r, err)
		return
	}
	user, err = s.store.CreateUser(r.Context(), user)
	if errors.Is(err, store.ErrEmailTaken) {
		s.refuseSignUp(w, r, "There is already an account with this address.")
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	UserRegistered.SendRobust(r.Context(), s, Registration{User: user})
	s.enter(w, r, user)
}

// signUpProblem says what is wrong with the form; "" = nothing.
func signUpProblem(u store.User, password string) string {
	switch {
	case u.Name == "":
		return "Please tell us your name."
	case !validEmail(u.Email):
		return "This does not look like an email address."
	case len(password) < 8 || len(password) > 72: // bcrypt reads 72 bytes
		return "The password needs 8 to 72 characters."
	}
	return ""
}

func (s *Shop) refuseSignUp(w http.ResponseWriter, r *http.Request, problem string) {
	s.render(w, r, http.StatusUnprocessableEntity, "SignUp", views.SignUp(s.page(r, "Open an account"), form(r, problem, "name", "email")))
}

func validEmail(email string) bool {
	a, err := mail.ParseAddress(email)
	return err == nil && a.Address == email
}

func (s *Shop) loginForm(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "Login", views.Login(s.page(r, "Log in"), views.Form{}))
}

func (s *Shop) login(w http.ResponseWriter, r *http.Request) {
	user, err := s.store.UserByEmail(r.Context(), strings.TrimSpace(r.PostFormValue("email")))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.fail(w, r, err)
		return
	}
	if err != nil || bcrypt.CompareHashAndPassword([]byte(user.PasswordHash), []byte(r.PostFormValue("password"))) != nil {
		s.log.WarnContext(r.Context(), "login refused", slog.String("email", r.PostFormValue("email")))
		s.render(w, r, http.StatusUnprocessableEntity, "Login", views.Login(s.page(r, "Log in"), form(r, "Address and password do not fit together.", "email")))
		return
	}
	s.enter(w, r, user)
}

// enter logs a user in under a new session token, so that a token known from before is worth nothing, and goes on to the page
// that asked for the login.
func (s *Shop) enter(w http.ResponseWriter, r *http.Request, user store.User) {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		s.fail(w, r, err)
		return
	}
	s.sessions.Put(r.Context(), keyUser, user.ID)
	s.log.InfoContext(r.Context(), "logged in", slog.Int64("user", user.ID))
	s.flash(r.Context(), "Welcome, "+user.FirstName()+".")
	if next := s.sessions.PopString(r.Context(), keyNext); next != "" {
		seeOther(w, r, next)
		return
	}
	seeOther(w, r, "/")
}

func (s *Shop) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		s.fail(w, r, err)
		return
	}
	seeOther(w, r, "/")
}

// customer returns who is logged in. Where nobody is, it sends the visitor to log in and come back, and returns nil.
func (s *Shop) customer(w http.ResponseWriter, r *http.Request) *store.User {
	user := userOf(r.Context())
	if user != nil {
		return user
	}
	if r.Method == http.MethodGet {
		s.sessions.Put(r.Context(), keyNext, r.URL.RequestURI())
	}
	seeOther(w, r, "/login")
	return nil
}

// keeper is customer for the shop's own people: to others the page does not exist.
func (s *Shop) keeper(w http.ResponseWriter, r *http.Request) *store.User {
	user := s.customer(w, r)
	if user != nil && !user.Admin {
		s.missing(w, r)
		return nil
	}
	return user
}
