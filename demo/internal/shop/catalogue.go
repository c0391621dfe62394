package shop

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
)

// shelvesKept is how long the names of the shelves stay as they are.
const shelvesKept = time.Minute

func (s *Shop) allShelves(ctx context.Context) ([]store.Category, error) {
	return recall(ctx, s.shelves, "all", shelvesKept, func() ([]store.Category, error) { return s.store.Categories(ctx) })
}

// shelfNamed finds a shelf, or store.ErrNotFound.
func (s *Shop) shelfNamed(ctx context.Context, slug string) (store.Category, error) {
	all, err := s.allShelves(ctx)
	if err != nil {
		return store.Category{}, err
	}
	for _, c := range all {
		if c.Slug == slug {
			return c, nil
		}
	}
	return store.Category{}, fmt.Errorf("shelf %s: %w", slug, store.ErrNotFound)
}

func (s *Shop) home(w http.ResponseWriter, r *http.Request) {
	shelves, err := s.allShelves(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	featured, err := s.store.Featured(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "Home", views.Home(s.page(r, "Pots for every day"), shelves, featured))
}

func (s *Shop) shelf(w http.ResponseWriter, r *http.Request) {
	category, err := s.shelfNamed(r.Context(), r.PathValue("slug"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	products, err := s.store.InCategory(r.Context(), category.Slug)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "Shelf", views.Shelf(s.page(r, category.Name), category, products))
}

func (s *Shop) search(w http.ResponseWriter, r *http.Request) {
	text := strings.TrimSpace(r.FormValue("q"))
	if text == "" {
		seeOther(w, r, "/")
		return
	}
	products, err := s.store.Search(r.Context(), text)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page := s.page(r, "Search")
	page.Search = text
	s.render(w, r, http.StatusOK, "SearchResults", views.SearchResults(page, products))
}

func (s *Shop) product(w http.ResponseWriter, r *http.Request) {
	product, err := s.store.Product(r.Context(), r.PathValue("sku"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	category, err := s.shelfNamed(r.Context(), product.Category)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "Product", views.Product(s.page(r, product.Name), category, product, s.firing(r.Context(), product.Shape)))
}
