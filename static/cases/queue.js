// Keys of the queue: j k Enter Space x c. The page works without this file, by mouse and Tab.
"use strict";

(() => {
  const rows = [...document.querySelectorAll("[data-row]")];
  const look = document.querySelector("[data-look]");
  const bulk = document.querySelector("[data-bulk]");
  const picks = [...document.querySelectorAll("[data-pick]")];
  const every = document.querySelector("[data-every]");
  const all = document.querySelector("[data-all]");
  if (!rows.length) return;
  let at = -1;
  let shown = null; // the row that is looked at
  let soon = 0;

  function select(index) {
    at = Math.min(Math.max(index, 0), rows.length - 1);
    rows.forEach((row, place) => row.setAttribute("aria-selected", String(place === at)));
    rows[at].scrollIntoView({ block: "nearest" });
    rows[at].querySelector("[data-open]").focus({ preventScroll: true });
    if (shown) {
      clearTimeout(soon);
      soon = setTimeout(() => peek(rows[at]), 120);
    }
  }

  async function peek(row) {
    shown = row;
    const answer = await fetch(row.dataset.previewUrl, { headers: { Accept: "text/html" } });
    if (shown !== row) return; // another one was asked for meanwhile
    // Whoever was signed out meanwhile is led to the sign-in page, which is no preview.
    const fits = answer.ok && !answer.redirected;
    look.innerHTML = fits ? await answer.text() : "<p>This case cannot be shown here; open it with Enter.</p>";
    look.hidden = false;
  }

  function hide() {
    shown = null;
    clearTimeout(soon);
    look.hidden = true;
  }

  function tally() {
    if (!bulk) return;
    const number = picks.filter((pick) => pick.checked).length;
    picks.forEach((pick) => pick.closest("[data-row]").classList.toggle("cq-picked", pick.checked));
    bulk.hidden = !number && !every.checked;
    const words = every.checked ? "All that the filters leave" : `${number} selected`;
    bulk.querySelector("[data-picked]").textContent = words;
    all.checked = number === picks.length;
    all.indeterminate = number > 0 && number < picks.length;
  }

  function pick() {
    const box = rows[at]?.querySelector("[data-pick]");
    if (!box) return;
    box.checked = !box.checked;
    tally();
  }

  const keys = {
    j: () => select(at + 1),
    k: () => select(at - 1),
    c: () => rows[at]?.querySelector("[data-claim]")?.click(),
    x: () => (at < 0 ? select(0) : null, pick()),
    " ": () => (shown && shown === rows[at] ? hide() : (at < 0 && select(0), peek(rows[at]))),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown) hide();
    const field = event.target.closest("input:not([type=checkbox]), textarea, select, summary, button");
    const own = event.key === " " && event.target.matches("[type=checkbox]");
    if (field || own || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  look.addEventListener("click", (event) => {
    if (event.target.closest("[data-look-close]")) hide();
  });
  rows.forEach((row, place) => {
    row.addEventListener("click", (event) => {
      if (!event.target.closest("a, button, input, label")) select(place);
    });
  });
  [...picks, every].forEach((box) => box?.addEventListener("change", tally));
  all?.addEventListener("change", () => {
    picks.forEach((box) => (box.checked = all.checked));
    tally();
  });
  window.addEventListener("pageshow", tally);
  tally();
})();
