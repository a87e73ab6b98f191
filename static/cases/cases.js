// Keys of the queue and the case. Everything works without this file, by mouse and Tab.
"use strict";

(() => {
  const rows = [...document.querySelectorAll("[data-row]")];
  const help = document.querySelector("[data-dialog]");
  let selected = -1;

  function select(index) {
    if (!rows.length) return;
    selected = Math.min(Math.max(index, 0), rows.length - 1);
    rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === selected)));
    rows[selected].scrollIntoView({ block: "nearest" });
    rows[selected].querySelector("[data-open]").focus({ preventScroll: true });
  }

  function closePanels(but) {
    document.querySelectorAll("details.cs-act[open]").forEach((each) => {
      if (each !== but) each.open = false;
    });
  }

  function firstField(place) {
    return place.querySelector("select, textarea, input:not([type=hidden])");
  }

  // What a key stands for: a panel opens, a form gets the cursor, a button or link is pressed.
  function use(target) {
    if (target.matches("details")) {
      closePanels(target);
      target.open = true;
      firstField(target)?.focus();
    } else if (target.matches("form")) {
      firstField(target)?.focus();
    } else {
      target.click();
    }
  }

  const own = {
    j: () => select(selected + 1),
    k: () => select(selected - 1),
    c: () => rows[selected]?.querySelector("[data-claim]")?.click(),
    "/": () => document.querySelector("[data-search]")?.focus(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      // The cursor leaves the form, so that the next key is a command again.
      const open = document.querySelector("details.cs-act[open] > summary");
      closePanels(null);
      if (open) open.focus();
      else event.target.closest("input, textarea, select")?.blur();
      return;
    }
    const field = event.target.closest("input, textarea, select");
    if (field && event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      field.form?.requestSubmit();
      return;
    }
    if (field || event.ctrlKey || event.metaKey || event.altKey || help?.open) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    const act = target ? () => use(target) : rows.length || event.key === "/" ? own[event.key] : null;
    if (!act) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("details.cs-act")) closePanels(null);
  });

  document.querySelectorAll("[data-keys]").forEach((button) => {
    button.addEventListener("click", () => help?.showModal());
  });

  // A choice takes force at once; the button is for those without this file.
  document.querySelectorAll("[data-filters] select").forEach((choice) => {
    choice.addEventListener("change", () => choice.form.requestSubmit());
  });

  // One press, one request.
  document.querySelectorAll("form[method=post]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  if (window.location.hash === "#search") document.querySelector("[data-search]")?.focus();
})();
