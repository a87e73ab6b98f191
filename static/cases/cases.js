// Keys, panels and forms of the queue and the case. Everything works without this file, by mouse and Tab.
"use strict";

(() => {
  const help = document.querySelector("[data-dialog]");

  function closePanels(but) {
    document.querySelectorAll("details.cs-act[open]").forEach((each) => {
      if (each !== but) each.open = false;
    });
  }

  // Where there is still something to say: what is chosen already must not be changed by a key too many.
  function firstField(place) {
    const fields = [...place.querySelectorAll("select, textarea, input:not([type=hidden])")];
    return fields.find((field) => field.required && !field.value) ?? fields.find((field) => field.matches("textarea")) ?? fields[0];
  }

  function begin(field, options) {
    field?.focus(options);
    if (field?.matches("textarea")) field.select();
  }

  // What a key stands for: a panel opens, a form gets the cursor, a button or link is pressed.
  function use(target) {
    if (target.matches("details")) {
      closePanels(target);
      target.open = true;
      begin(firstField(target));
    } else if (target.matches("form")) {
      begin(firstField(target));
    } else {
      target.click();
    }
  }

  const own = {
    "/": () => document.querySelector("[data-search]")?.focus(),
  };

  // What was refused, or taken back, waits in its form.
  const waiting = document.querySelector("details.cs-act[open]");
  if (waiting) begin(firstField(waiting), { preventScroll: true });

  document.addEventListener("keydown", (event) => {
    // In a list of choices a letter chooses; the theme would search for it.
    if (event.target.closest("select")) event.stopPropagation();
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
    const act = target ? () => use(target) : own[event.key];
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

  // One press, one request; of forms that came later, too.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    // One that was not sent after all can be sent again.
    setTimeout(() => event.defaultPrevented && delete form.dataset.sent, 0);
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // A verdict that can be taken back, and for how long.
  document.querySelectorAll("[data-pending]").forEach((place) => {
    const until = Date.now() + 1000 * Number(place.dataset.pending);
    const left = place.querySelector("[data-left]");
    const tick = () => {
      const seconds = Math.ceil((until - Date.now()) / 1000);
      if (seconds > 0) {
        left.textContent = String(seconds);
        setTimeout(tick, 250);
      } else {
        place.querySelector("[data-when]").textContent = "now";
        place.querySelector("form")?.remove();
        setTimeout(() => place.remove(), 3000);
      }
    };
    tick();
  });

  // The way through the queue, for j and k on the pages of its cases.
  const cases = [...document.querySelectorAll("[data-row] [data-open]")].map((link) => link.getAttribute("href"));
  if (cases.length) {
    const url = window.location.pathname + window.location.search;
    window.sessionStorage.setItem("cases.queue", JSON.stringify({ url, cases }));
  }

  if (window.location.hash === "#search") document.querySelector("[data-search]")?.focus();
})();
