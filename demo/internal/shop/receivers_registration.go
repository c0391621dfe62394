package shop

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func (s *Shop) connectRegistration() {
	from := signals.From(s)
	s.listen(
		UserRegistered.Connect(s.createProfile, signals.UID("create-profile"), from),
		UserRegistered.Connect(s.sendWelcome, signals.UID("send-welcome"), from),
		UserRegistered.Connect(s.trackRegistration, signals.UID("track-registration"), from),
		UserRegistered.Connect(s.addDefaultGroups, signals.UID("add-default-groups"), from),
	)
}

func (s *Shop) createProfile(ctx context.Context, e signals.Event[Registration]) error {
	return s.store.CreateProfile(ctx, e.Payload.User.ID)
}

// sendWelcome leaves the letter in the outbox, from where a task posts it: nobody waits for a welcome.
func (s *Shop) sendWelcome(ctx context.Context, e signals.Event[Registration]) error {
	user := e.Payload.User
	id, err := s.store.QueueMail(ctx, store.Mail{
		Recipient: user.Email,
		Subject:   "Welcome to Fernhill",
		Body:      "Dear " + user.FirstName() + ",\n\nyour account is open. The kettle is on.\n\nFernhill Pottery\n",
	})
	if err != nil {
		return err
	}
	return s.later(ctx, id, user.Email)
}

func (s *Shop) trackRegistration(ctx context.Context, e signals.Event[Registration]) error {
	return s.store.TrackRegistration(ctx, e.Payload.User.ID)
}

func (s *Shop) addDefaultGroups(ctx context.Context, e signals.Event[Registration]) error {
	return s.store.AddToGroups(ctx, e.Payload.User.ID, "customers", "newsletter")
}
