// Fetches what may be read after the page stands: today's stock of the piece shown, and what other people bought with it.
(function () {
  "use strict";

  async function read(url) {
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(url + ": " + response.status);
    return response.json();
  }

  function tile(product) {
    const item = document.createElement("li");
    item.className = "tile";
    const link = item.appendChild(document.createElement("a"));
    link.href = "/products/" + encodeURIComponent(product.sku);
    const shelf = link.appendChild(document.createElement("span"));
    shelf.className = "shelf";
    const ns = "http://www.w3.org/2000/svg";
    const pot = shelf.appendChild(document.createElementNS(ns, "svg"));
    pot.setAttribute("class", "pot glaze-" + product.glaze);
    pot.setAttribute("aria-hidden", "true");
    pot.appendChild(document.createElementNS(ns, "use")).setAttribute("href", "/static/pots.svg#" + product.shape);
    link.appendChild(document.createElement("b")).textContent = product.name;
    const price = link.appendChild(document.createElement("span"));
    price.className = "price";
    price.textContent = product.price;
    return item;
  }

  const stock = document.querySelector("[data-stock]");
  if (stock) {
    read("/api/stock?sku=" + encodeURIComponent(stock.dataset.stock))
      .then((answer) => { stock.textContent = answer.text; stock.classList.toggle("low", answer.low); })
      .catch(() => {}); // what the server wrote into the page stays
  }

  const shelf = document.querySelector("[data-recommendations]");
  if (shelf) {
    read("/api/recommendations?sku=" + encodeURIComponent(shelf.dataset.recommendations))
      .then((answer) => {
        if (!answer.products.length) return;
        shelf.querySelector(".grid").replaceChildren(...answer.products.map(tile));
        shelf.hidden = false;
      })
      .catch(() => {});
  }
})();
