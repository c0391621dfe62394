package neighbours_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/neighbours"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) *http.Client {
	t.Helper()
	s, err := neighbours.Open(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &http.Client{Transport: s.Transport()}
}

func TestWorkshop_SaysWhenAKilnIsOpened(t *testing.T) {
	c := open(t)
	res, err := c.Get(neighbours.Workshop + "/firings/mug")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var f neighbours.Firing
	if err := json.NewDecoder(res.Body).Decode(&f); err != nil {
		t.Fatal(err)
	}
	if f.Shape != "mug" || f.Pieces == 0 || f.Opens.Weekday() != time.Friday || !f.Opens.After(time.Now()) {
		t.Errorf("%+v", f)
	}
}

func TestCourier_IsHardToReach(t *testing.T) {
	c := open(t)
	for _, call := range []struct {
		booking string
		status  int // 0: the line is cut
	}{
		{`{"order":3,"tracking":"PF3"}`, 201},
		{`{"order":4,"tracking":"PF4"}`, 503},
		{`{"order":4,"tracking":"PF4"}`, 201},
		{`{"order":7,"tracking":"PF7"}`, 0},
		{`{"order":7,"tracking":"PF7"}`, 0},
		{`{"order":9}`, 400},
		{`please`, 400},
	} {
		res, err := c.Post(neighbours.Courier+"/bookings", "application/json", strings.NewReader(call.booking))
		if err != nil {
			if call.status != 0 {
				t.Errorf("%s: %v", call.booking, err)
			}
			continue
		}
		res.Body.Close()
		if res.StatusCode != call.status {
			t.Errorf("%s: %s, want %d", call.booking, res.Status, call.status)
		}
	}
}
