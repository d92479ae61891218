"use strict";
// Two conveniences only: the page says everything without them.

// 1. Sort a table by a column; a second press turns the order round.  Numbers sort before words, empty cells last.
for (const button of document.querySelectorAll("table.sortable button.sort")) {
  button.addEventListener("click", () => {
    const heading = button.closest("th");
    const table = heading.closest("table");
    const column = heading.cellIndex;
    const descending = heading.getAttribute("aria-sort") !== "descending";
    const rows = [...table.tBodies[0].rows].map((row) => [row, row.cells[column].dataset.sort]);
    rows.sort(([, a], [, b]) => {
      if (a === "" || b === "") return (a === "") - (b === "");
      const [x, y] = [Number(a), Number(b)];
      const order = Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, document.documentElement.lang) : x - y;
      return descending ? -order : order;
    });
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    table.tBodies[0].append(...rows.map(([row]) => row));
  });
}

// 2. Open the definition of a figure with the SQL of its table in a dialog.
const dialog = document.getElementById("explain");
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-definition]");
  if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (dialog.contains(target)) { dialog.close(); return; }
  const definition = document.getElementById("def-" + target.dataset.definition);
  if (!definition) return;
  event.preventDefault();
  const place = document.getElementById("table-" + definition.dataset.table);
  dialog.querySelector("h3").textContent = definition.querySelector("h5").textContent;
  const exact = dialog.querySelector(".exact");
  const figure = target.closest("[data-figure]");
  exact.hidden = !figure;
  if (figure) exact.querySelector("strong").textContent = figure.getAttribute("title") || figure.textContent;
  const parts = [definition.querySelector("p"), place.querySelector("h4"), ...place.querySelectorAll(":scope > .hint, :scope > details.sql")];
  const copies = parts.map((part) => part.cloneNode(true));
  dialog.querySelector(".body").replaceChildren(...copies);
  dialog.showModal();
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
