package traffic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// visitor is one person with one browser. A step that finds the shop closed (the time is over) ends the visit.
type visitor struct {
	*play
	n      int64
	rand   *rand.Rand
	client *http.Client
	skus   []string // seen on the way
}

// errOver ends a visit.
var errOver = errors.New("the visit is over")

func newVisitor(p *play, n int64) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic("traffic: " + err.Error()) // without options it cannot fail
	}
	return &visitor{
		play:   p,
		n:      n,
		rand:   rand.New(rand.NewPCG(uint64(n), 7)),
		client: &http.Client{Jar: jar, Transport: p.Transport},
	}
}

// keeperEvery is how often the shop's own people look in.
const keeperEvery = 12

// run makes one visit and reports whether it came to its end.
func (v *visitor) run(ctx context.Context) bool {
	steps := []func(context.Context) error{v.lookAround, v.search, v.identify, v.fill, v.order, v.write, v.stray}
	if v.Password != "" && v.n%keeperEvery == 0 {
		steps = []func(context.Context) error{v.keepShop}
	}
	for _, step := range steps {
		if step(ctx) != nil {
			return false
		}
	}
	return true
}

// chance is true in so many of a hundred visits.
func (v *visitor) chance(percent int) bool { return v.rand.IntN(100) < percent }

func (v *visitor) lookAround(ctx context.Context) error {
	if _, err := v.get(ctx, "/"); err != nil {
		return err
	}
	for _, file := range []string{"/static/shop.css", "/static/shop.js", "/static/pots.svg", "/api/recommendations?sku="} {
		if _, err := v.fetch(ctx, file); err != nil {
			return err
		}
	}
	shelves := []string{"mugs", "bowls", "plates", "teapots", "vases", "planters"}
	if _, err := v.get(ctx, "/shelves/"+shelves[v.rand.IntN(len(shelves))]); err != nil {
		return err
	}
	for range 1 + v.rand.IntN(2) {
		if err := v.look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// look opens the page of a piece, and fetches what its script would.
func (v *visitor) look(ctx context.Context) error {
	sku := v.sku()
	if _, err := v.get(ctx, "/products/"+sku); err != nil {
		return err
	}
	for _, url := range []string{"/api/stock?sku=" + sku, "/api/recommendations?sku=" + sku} {
		if _, err := v.fetch(ctx, url); err != nil {
			return err
		}
	}
	return nil
}

func (v *visitor) search(ctx context.Context) error {
	if !v.chance(40) {
		return nil
	}
	words := []string{"moss", "bowl", "tea", "ink", "one", "centimetres", "glaze"}
	_, err := v.get(ctx, "/search?q="+words[v.rand.IntN(len(words))])
	return err
}

// identify logs in with an account that the shop has, or signs up. Some first mistype their password.
func (v *visitor) identify(ctx context.Context) error {
	if v.Password == "" || v.chance(60) {
		return v.signUp(ctx)
	}
	const email = "mara@example.test"
	if v.chance(15) {
		if _, err := v.post(ctx, "/login", "email", email, "password", "earthenware"); err != nil {
			return err
		}
	}
	_, err := v.post(ctx, "/login", "email", email, "password", v.Password)
	return err
}

func (v *visitor) signUp(ctx context.Context) error {
	if _, err := v.get(ctx, "/signup"); err != nil {
		return err
	}
	answer, err := v.post(ctx, "/signup", "name", "Visitor "+fmt.Sprint(v.n), "password", "a long enough one",
		"email", fmt.Sprintf("visitor%d-%x@example.test", v.n, v.start))
	if err == nil && answer.status == http.StatusOK {
		v.signUps.Add(1)
	}
	return err
}

func (v *visitor) fill(ctx context.Context) error {
	for range 1 + v.rand.IntN(4) {
		if _, err := v.post(ctx, "/cart", "sku", v.sku(), "quantity", fmt.Sprint(1+v.rand.IntN(2))); err != nil {
			return err
		}
	}
	return nil
}

func (v *visitor) order(ctx context.Context) error {
	if !v.chance(70) {
		return nil
	}
	if _, err := v.get(ctx, "/checkout"); err != nil {
		return err
	}
	method := "card"
	if v.chance(20) {
		method = "transfer"
	}
	answer, err := v.post(ctx, "/orders", "street", "3 Mill Row", "city", "Bath", "method", method, "card", "4242 4242 4242 4242")
	if err != nil {
		return err
	}
	if answer.status == http.StatusOK && orderPath.MatchString(answer.path) {
		v.orders.Add(1)
	}
	_, err = v.get(ctx, "/orders")
	return err
}

func (v *visitor) write(ctx context.Context) error {
	if !v.chance(15) {
		return nil
	}
	if _, err := v.get(ctx, "/feedback"); err != nil {
		return err
	}
	_, err := v.post(ctx, "/feedback", "name", "Visitor", "email", "visitor@example.test", "rating", fmt.Sprint(3+v.rand.IntN(3)), "message", "The pots are fine.")
	return err
}

// stray asks for what is not there, as old links do.
func (v *visitor) stray(ctx context.Context) error {
	if !v.chance(10) {
		return nil
	}
	_, err := v.get(ctx, "/products/FH-999")
	return err
}

// keepShop is the keeper's round: look at the newest orders and take the next step of a few.
func (v *visitor) keepShop(ctx context.Context) error {
	if _, err := v.post(ctx, "/login", "email", "keeper@fernhill.test", "password", v.Password); err != nil {
		return err
	}
	for _, round := range []struct{ from, to string }{{"pending", "confirmed"}, {"confirmed", "shipped"}, {"pending", "cancelled"}} {
		answer, err := v.get(ctx, "/admin/orders?status="+round.from)
		if err != nil {
			return err
		}
		for _, action := range firstN(statusAction.FindAllString(answer.body, -1), 2) {
			if _, err := v.post(ctx, action, "status", round.to); err != nil {
				return err
			}
			v.steps.Add(1)
		}
	}
	return nil
}

var (
	orderPath    = regexp.MustCompile(`^/orders/\d+$`)
	statusAction = regexp.MustCompile(`/orders/\d+/status`)
	productLink  = regexp.MustCompile(`href="/products/(FH-\d+)"`)
)

func firstN(list []string, n int) []string { return list[:min(n, len(list))] }

// sku is one of the pieces seen on the way.
func (v *visitor) sku() string {
	if len(v.skus) == 0 {
		return "FH-101"
	}
	return v.skus[v.rand.IntN(len(v.skus))]
}

// answer is what the shop said at the end of its redirects.
type answer struct {
	status int
	path   string
	body   string
}

// get opens a page and looks at it for a while.
func (v *visitor) get(ctx context.Context, path string) (answer, error) {
	return v.do(ctx, http.MethodGet, path, nil, "document")
}

// post sends a form, given as names and values in turn.
func (v *visitor) post(ctx context.Context, path string, pairs ...string) (answer, error) {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return v.do(ctx, http.MethodPost, path, form, "document")
}

// fetch asks for what a page loads after itself.
func (v *visitor) fetch(ctx context.Context, path string) (answer, error) {
	return v.do(ctx, http.MethodGet, path, nil, "empty")
}

func (v *visitor) do(ctx context.Context, method, path string, form url.Values, dest string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", "fernhill-visitor/1")
	req.Header.Set("Sec-Fetch-Dest", dest)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	v.requests.Add(1)
	res, err := v.client.Do(req)
	if ctx.Err() != nil {
		if err == nil {
			res.Body.Close()
		}
		return answer{}, errOver // cut off by the clock, no failure of the shop
	}
	if err != nil {
		v.fail(err)
		return answer{}, nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if ctx.Err() != nil {
		return answer{}, errOver
	}
	if err != nil || res.StatusCode >= 500 {
		v.fail(fmt.Errorf("%s %s: %s, %w", method, path, res.Status, errors.Join(errors.New("answered badly"), err)))
	}
	for _, m := range productLink.FindAllSubmatch(body, -1) {
		v.skus = append(v.skus, string(m[1]))
	}
	if dest == "document" {
		v.pause(ctx, v.rand)
	}
	return answer{res.StatusCode, res.Request.URL.Path, string(body)}, nil
}
