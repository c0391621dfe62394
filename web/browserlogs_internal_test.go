package web

import (
	"testing"
	"time"
)

func TestFollowed_EndsByItselfAndIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	f := &followed{key: newKey()}
	b, err := f.add("mara", now)
	if err != nil {
		t.Fatal(err)
	}
	token := f.token(b)
	for after, want := range map[time.Duration]bool{0: true, followTime - time.Second: true, followTime: false, 30 * 24 * time.Hour: false} {
		if got, ok := f.verify(token, now.Add(after)); ok != want || ok && got.tag() != followTag+b.name {
			t.Errorf("after %s: %+v, %t, want %t", after, got, ok, want)
		}
	}
	for range maxFollowed - 1 {
		if _, err := f.add("mara", now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.add("mara", now); err == nil {
		t.Errorf("more than %d browsers are followed", maxFollowed)
	}
	if left := f.now(now.Add(followTime)); len(left) != 0 {
		t.Errorf("%d are followed after their time", len(left))
	}
	if _, err := f.add("mara", now.Add(followTime)); err != nil {
		t.Errorf("there is no room after their time: %v", err)
	}
}
