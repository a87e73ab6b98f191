// The list of rules: narrows it while a word is typed, and moves through it by j and k. It works without.
"use strict";

(() => {
  const search = document.querySelector("[data-search]");
  const rows = [...document.querySelectorAll("[data-row]")];
  const none = document.querySelector("[data-none]");
  const counted = document.querySelector("[data-left]");
  let at = -1;

  function narrow() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    rows.forEach((row) => {
      const fits = words.every((word) => row.dataset.text.includes(word));
      row.hidden = !fits;
      left += fits;
    });
    if (counted) counted.textContent = left === rows.length ? left : `${left} of ${rows.length}`;
    if (none) none.hidden = left > 0 || !rows.length;
    at = -1;
  }

  function move(step) {
    const shown = rows.filter((row) => !row.hidden);
    if (!shown.length) return;
    at = Math.min(Math.max(at + step, 0), shown.length - 1);
    shown[at].querySelector("[data-open]").focus();
  }

  search?.addEventListener("input", narrow);
  document.addEventListener("keydown", (event) => {
    if (event.target === search && event.key === "Escape") {
      search.value = "";
      narrow();
      search.blur();
    }
    if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { j: () => move(1), k: () => move(-1), "/": () => search?.focus() }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
