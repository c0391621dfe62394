package shop

import (
	"net/http"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
)

func (s *Shop) home(w http.ResponseWriter, r *http.Request) {
	shelves, err := s.store.Categories(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	featured, err := s.store.Featured(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, views.Home(s.page(r, "Pots for every day"), shelves, featured))
}

func (s *Shop) shelf(w http.ResponseWriter, r *http.Request) {
	category, err := s.store.Category(r.Context(), r.PathValue("slug"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	products, err := s.store.InCategory(r.Context(), category.Slug)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, views.Shelf(s.page(r, category.Name), category, products))
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
	s.render(w, r, http.StatusOK, views.SearchResults(page, products))
}

func (s *Shop) product(w http.ResponseWriter, r *http.Request) {
	product, err := s.store.Product(r.Context(), r.PathValue("sku"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	category, err := s.store.Category(r.Context(), product.Category)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, views.Product(s.page(r, product.Name), category, product))
}
