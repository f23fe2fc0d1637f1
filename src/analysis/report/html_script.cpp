// SPDX-License-Identifier: Apache-2.0
#include "analysis/report/html_page.hpp"

namespace voyager::analysis {

std::string_view page_script() {
  return R"js(
(function () {
  "use strict";
  const list = document.getElementById("findings");
  const form = document.getElementById("filters");
  if (!list || !form) return;
  const count = document.getElementById("shown");
  const items = Array.from(list.tBodies);
  const headings = Array.from(list.querySelectorAll("th[data-sort]"));
  const fields = ["filter", "category", "impact", "type"];
  const order = { key: "place", descending: false };
  let present = "placefalse";
  const texts = new Map();

  function textOf(item) {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  }

  function filter() {
    const words = form.elements.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const fits = ["category", "impact", "type"].every(function (name) {
        const wanted = form.elements[name].value;
        return wanted === "" || item.dataset[name] === wanted;
      });
      item.hidden = !(fits && words.every((word) => textOf(item).includes(word)));
      if (!item.hidden) shown += 1;
    }
    count.value = shown === items.length ? items.length + " shown" : shown + " of " + items.length + " shown";
  }

  function sort() {
    for (const heading of headings) {
      if (heading.dataset.sort !== order.key) heading.removeAttribute("aria-sort");
      else heading.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
    }
    const wanted = order.key + order.descending;
    if (wanted === present) return;
    present = wanted;
    const collator = new Intl.Collator("en", { numeric: true });
    const sign = order.descending ? -1 : 1;
    items.sort(function (a, b) {
      const first = collator.compare(a.dataset[order.key], b.dataset[order.key]);
      return first * sign || a.dataset.place - b.dataset.place;
    });
    for (const item of items) list.append(item);
  }

  function choose(select, value) {
    select.value = value;
    if (select.selectedIndex < 0) select.value = "";
  }

  function readAddress() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    form.elements.filter.value = wanted.get("filter") || "";
    for (const name of fields.slice(1)) choose(form.elements[name], wanted.get(name) || "");
    const key = wanted.get("sort");
    order.key = headings.some((heading) => heading.dataset.sort === key) ? key : "place";
    order.descending = wanted.get("order") === "descending";
    filter();
    sort();
  }

  function writeAddress() {
    const now = new URLSearchParams();
    for (const name of fields) if (form.elements[name].value) now.set(name, form.elements[name].value);
    if (order.key !== "place" || order.descending) now.set("sort", order.key);
    if (order.descending) now.set("order", "descending");
    history.replaceState(null, "", "#" + now);
  }

  for (const heading of headings) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", function () {
      const key = heading.dataset.sort;
      order.descending = order.key === key ? !order.descending : key === "impact";
      order.key = key;
      sort();
      writeAddress();
    });
    heading.replaceChildren(button);
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", function () { filter(); writeAddress(); });
  form.addEventListener("reset", function () { setTimeout(function () { filter(); writeAddress(); }); });
  window.addEventListener("hashchange", function () {
    readAddress();
    list.closest("section").scrollIntoView();
  });
  list.addEventListener("toggle", function (event) {
    const line = event.target.querySelector(".about");
    const link = line && line.querySelector("a");
    if (!link) return;
    const facts = document.getElementById(link.hash.slice(1)).querySelector("dl").cloneNode(true);
    line.textContent = line.firstChild.textContent.replace(" \u00b7 ", "");
    line.after(facts);
  }, true);
  const issues = document.getElementById("issues");
  if (issues) issues.hidden = true;
  form.hidden = false;
  readAddress();
})();
(function () {
  "use strict";
  function valueOf(row, column) {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : cell.dataset.value;
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    const headings = Array.from(table.tHead.rows[0].cells);
    const body = table.tBodies[0];
    const collator = new Intl.Collator("en", { numeric: true });
    headings.forEach(function (heading, column) {
      const number = heading.classList.contains("number");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      button.addEventListener("click", function () {
        const before = heading.getAttribute("aria-sort");
        const descending = before === null ? number : before === "ascending";
        const sign = descending ? -1 : 1;
        const rows = Array.from(body.rows);
        rows.sort(function (a, b) {
          const one = valueOf(a, column), other = valueOf(b, column);
          return sign * (number ? one - other : collator.compare(one, other));
        });
        for (const other of headings) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
        body.append(...rows);
      });
      heading.replaceChildren(button);
    });
  }
})();
)js";
}

}  // namespace voyager::analysis
