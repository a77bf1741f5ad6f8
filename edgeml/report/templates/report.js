"use strict";
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = "";
  const paint = () => { root.dataset.theme = chosen || (dark.matches ? "dark" : "light"); };
  dark.addEventListener("change", paint);
  document.getElementById("theme").addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    paint();
  });
  paint();

  const key = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.v ?? cell.textContent.trim();
    const number = Number(text);
    return text !== "" && Number.isFinite(number) ? number : text;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = head.querySelector("button");
      if (!button) return;
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows].map((row) => [key(row, column), row]);
        // What has no value stays at the end, whichever way the others go.
        rows.sort(([a], [b]) => (a === "" || b === "" ? (a === "") - (b === "") : down ? compare(b, a) : compare(a, b)));
        table.tBodies[0].append(...rows.map(([, row]) => row));
      });
    });
  }

  // What scrolls sideways can be reached and moved with the keys; what fits is no stop of Tab.
  const boxes = [...document.querySelectorAll(".scroll")];
  const reach = () => boxes.forEach((box) => {
    const named = box.querySelector("table, svg");
    const name = named?.getAttribute("aria-label") ?? named?.caption?.textContent.trim() ?? "";
    const over = box.scrollWidth > box.clientWidth + 1;
    box.toggleAttribute("tabindex", over);
    if (over) { box.tabIndex = 0; box.setAttribute("role", "group"); box.setAttribute("aria-label", `${name || "Table"}, scrolls sideways`); }
    else { box.removeAttribute("role"); box.removeAttribute("aria-label"); }
  });
  const watch = new ResizeObserver(reach);
  boxes.forEach((box) => watch.observe(box));

  // A link to a place in a folded section opens it.
  const folds = [...document.querySelectorAll("details.fold")];
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    let inner = target.querySelector(":scope > details.fold") ?? target;
    for (; inner; inner = inner.parentElement) if (inner.tagName === "DETAILS") inner.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) reveal();
  });
  reveal();
  const all = document.getElementById("unfold");
  all?.addEventListener("click", () => {
    const open = all.getAttribute("aria-pressed") !== "true";
    folds.forEach((fold) => { fold.open = open; });
    all.setAttribute("aria-pressed", String(open));
    all.textContent = open ? "Fold all" : "Open all";
  });

  const tip = document.getElementById("tip");
  document.addEventListener("pointermove", (event) => {
    const target = event.target.closest?.("[data-tip]");
    tip.hidden = !target;
    if (!target) return;
    tip.textContent = target.dataset.tip;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8))}px`;
    tip.style.top = `${Math.max(4, event.clientY - box.height - 12)}px`;
  });
})();
