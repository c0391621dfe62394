package shop

import (
	"fmt"
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
)

// stockAPI tells today's stock of a piece. Who knows it already is told that nothing changed.
func (s *Shop) stockAPI(w http.ResponseWriter, r *http.Request) {
	p, err := s.store.Product(r.Context(), r.FormValue("sku"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	tag := fmt.Sprintf(`"%s-%d-%d"`, p.SKU, p.Stock, p.Incoming)
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "no-cache")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.writeJSON(w, r, struct {
		SKU   string `json:"sku"`
		Stock int    `json:"stock"`
		Low   bool   `json:"low"`
		Text  string `json:"text"`
	}{p.SKU, p.Stock, p.Stock < store.LowStock, views.StockText(p)})
}

// recommended is how many pieces fill one row of the page.
const recommended = 4

// recommendationsAPI lists what was bought together with a piece, or what is bought most.
func (s *Shop) recommendationsAPI(w http.ResponseWriter, r *http.Request) {
	products, err := s.store.BoughtWith(r.Context(), r.FormValue("sku"), recommended)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	type tile struct {
		SKU   string `json:"sku"`
		Name  string `json:"name"`
		Price string `json:"price"`
		Shape string `json:"shape"`
		Glaze string `json:"glaze"`
	}
	answer := struct {
		Products []tile `json:"products"`
	}{Products: []tile{}}
	for _, p := range products {
		answer.Products = append(answer.Products, tile{p.SKU, p.Name, p.Price.String(), p.Shape, p.Glaze})
	}
	s.writeJSON(w, r, answer)
}
