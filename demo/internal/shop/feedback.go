package shop

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
)

func (s *Shop) feedbackForm(w http.ResponseWriter, r *http.Request) {
	f := views.Form{Values: map[string]string{}}
	if user := userOf(r.Context()); user != nil {
		f.Values["name"], f.Values["email"] = user.Name, user.Email
	}
	s.render(w, r, http.StatusOK, "Feedback", views.Feedback(s.page(r, "Write to us"), f))
}

func (s *Shop) feedback(w http.ResponseWriter, r *http.Request) {
	f, problem := readFeedback(r)
	if problem != "" {
		s.render(w, r, http.StatusUnprocessableEntity, "Feedback", views.Feedback(s.page(r, "Write to us"), form(r, problem, "name", "email", "rating", "message")))
		return
	}
	if err := s.store.AddFeedback(r.Context(), f); err != nil {
		s.fail(w, r, err)
		return
	}
	s.log.InfoContext(r.Context(), "feedback received", slog.Int("rating", f.Rating))
	s.flash(r.Context(), "Thank you. We read everything on Friday, with tea.")
	seeOther(w, r, "/")
}

// readFeedback reads the form, and says what is wrong with it; "" = nothing.
func readFeedback(r *http.Request) (f store.Feedback, problem string) {
	rating, err := strconv.Atoi(r.PostFormValue("rating"))
	f = store.Feedback{
		Name:    strings.TrimSpace(r.PostFormValue("name")),
		Email:   strings.TrimSpace(r.PostFormValue("email")),
		Rating:  rating,
		Message: strings.TrimSpace(r.PostFormValue("message")),
	}
	switch {
	case f.Name == "" || !validEmail(f.Email):
		problem = "Please leave a name and an address that we can answer to."
	case err != nil || rating < 1 || rating > 5:
		problem = "One to five stars, please."
	case f.Message == "" || len(f.Message) > 2000:
		problem = "Please write something, in 2,000 characters or fewer."
	}
	return f, problem
}
