
"use strict";
// Sorts, filters and tells local times. The page is whole without it, and it makes no markup out of text.
(() => {
  for (const time of document.querySelectorAll("time.moment")) {
    const moment = new Date(time.dateTime);
    if (moment.getTimezoneOffset() !== 0) {
      const here = moment.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
      time.after(` (${here} where you are)`);
    }
  }

  const table = document.querySelector("table.findings");
  if (!table) return;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const controls = document.querySelector(".controls");
  const search = controls.querySelector("[type=search]");
  const boxes = [...controls.querySelectorAll("[type=checkbox]")];
  const told = controls.querySelector("output");
  const collator = new Intl.Collator("en", { numeric: true });

  const shown = (cell) => (cell.querySelector("summary") ?? cell).textContent.trim();
  const rows = [...body.rows].map((element) => ({
    element,
    level: element.dataset.level,
    keys: [...element.cells].map((cell) => cell.dataset.key ?? shown(cell)),
    text: [...element.cells].map(shown).join(" ").toLowerCase(),
  }));

  // What has nothing to sort by stays at the end, whichever way round.
  const compare = (one, other, way) => (one === "") - (other === "") || way * collator.compare(one, other);

  const sortBy = (column) => {
    const before = heads[column].getAttribute("aria-sort");
    const way = before === "ascending" ? -1 : 1;
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", way === 1 ? "ascending" : "descending");
    rows.sort((one, other) => compare(one.keys[column], other.keys[column], way));
    body.replaceChildren(...rows.map((row) => row.element));
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sortBy(column));
    head.replaceChildren(button);
  });

  const narrow = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const levels = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let left = 0;
    for (const row of rows) {
      const fits = levels.has(row.level) && words.every((word) => row.text.includes(word));
      row.element.hidden = !fits;
      left += fits;
    }
    told.textContent = `${left.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
  };

  // A link to a finding opens it, even where it is filtered away.
  const follow = () => {
    const row = location.hash.startsWith("#f-") && document.getElementById(location.hash.slice(1));
    if (!row) return;
    row.hidden = false;
    row.querySelector("details").open = true;
    row.scrollIntoView();
  };

  controls.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", narrow);
  for (const box of boxes) box.addEventListener("change", narrow);
  addEventListener("hashchange", follow);
  controls.hidden = false;
  narrow();
  follow();
})();
