"use strict";
// Light and dark: the system's choice until the reader makes one.
document.querySelector(".theme").addEventListener("click", () => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
});

// Tables: a click on a heading sorts, another one turns round; what is missing stays last.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const turn = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      headings.forEach((one) => one.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", turn === 1 ? "ascending" : "descending");
      const numeric = heading.classList.contains("number");
      const body = table.tBodies[0];
      const value = (row) => row.cells[column].dataset.sort;
      const order = (one, other) => {
        const [a, b] = [value(one), value(other)];
        if (a === "" || b === "") return (a === "") - (b === "");
        return turn * (numeric ? a - b : a.localeCompare(b));
      };
      body.append(...[...body.rows].sort(order));
    });
  });
}

// A point of a curve, its twins in the other curves, and its row in the table light up together.
const keyed = new Map();
for (const one of document.querySelectorAll("[data-key]")) {
  if (!keyed.has(one.dataset.key)) keyed.set(one.dataset.key, []);
  keyed.get(one.dataset.key).push(one);
}
for (const group of keyed.values()) {
  const light = (on) => group.forEach((one) => one.classList.toggle("lit", on));
  for (const one of group) {
    one.addEventListener("pointerenter", () => light(true));
    one.addEventListener("pointerleave", () => light(false));
  }
}

// Pictures: large, zoomed, and blinked with the others of their row at the same place.
const viewer = document.querySelector(".viewer");
const stage = viewer.querySelector(".viewer-stage");
let row = [], shown = 0, scale = 1;
const lay = () => {
  const image = stage.firstElementChild;
  image.style.width = `${image.naturalWidth * scale}px`;
};
const show = (index) => {
  const [left, top] = [stage.scrollLeft, stage.scrollTop];
  shown = (index + row.length) % row.length;
  const image = new Image();
  image.src = row[shown].src;
  image.alt = row[shown].alt;
  image.className = row[shown].className;
  image.style.width = `${row[shown].naturalWidth * scale}px`;
  stage.replaceChildren(image);
  stage.scrollTo(left, top);
  viewer.querySelector("strong").textContent = row[shown].dataset.label;
  viewer.querySelector(".viewer-place").textContent = `${shown + 1} of ${row.length}`;
};
const zoom = (factor) => {
  const next = Math.min(Math.max(scale * factor, 0.25), 64);
  const [x, y] = [stage.scrollLeft + stage.clientWidth / 2, stage.scrollTop + stage.clientHeight / 2];
  stage.scrollTo(0, 0);
  const moved = next / scale;
  scale = next;
  lay();
  stage.scrollTo(x * moved - stage.clientWidth / 2, y * moved - stage.clientHeight / 2);
};
const act = { in: () => zoom(1.5), out: () => zoom(1 / 1.5), back: () => show(shown - 1), next: () => show(shown + 1) };
for (const button of document.querySelectorAll("button.zoom")) {
  button.addEventListener("click", () => {
    const image = button.querySelector("img");
    row = [...button.closest(".pictures-row").querySelectorAll("img")];
    viewer.showModal();
    scale = Math.min(stage.clientWidth / image.naturalWidth, stage.clientHeight / image.naturalHeight);
    show(row.indexOf(image));
    stage.focus();
  });
}
for (const button of viewer.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => act[button.dataset.do]());
}
viewer.addEventListener("keydown", (event) => {
  const name = { "+": "in", "=": "in", "-": "out", ArrowLeft: "back", ArrowRight: "next" }[event.key];
  if (name) {
    event.preventDefault();
    act[name]();
  }
});
stage.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
}, { passive: false });
