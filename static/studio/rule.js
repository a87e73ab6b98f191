// The editor of a rule: checks while somebody types, says what differs, keeps what was typed.
"use strict";

(() => {
  const { CodeField, element } = window.studio;
  const form = document.querySelector("[data-rule-form]");
  if (!form) return;
  // Fields of the form that are no part of the rule.
  const BESIDE = ["csrfmiddlewaretoken", "into", "seen", "expected_version", "days", "institution", "vertical", "known"];
  const fields = Object.fromEntries([...document.querySelectorAll("[data-code-field]")].map((holder) => [holder.dataset.codeField, new CodeField(holder)]));
  const saveButton = form.querySelector("[data-save]");
  const differs = form.querySelector("[data-changes]");
  const attachButton = document.querySelector("[data-attach]");
  const key = `studio.draft.${form.dataset.code || "new"}`;
  // What the page shows was typed and not saved: it is no beginning to go back to.
  const refused = Boolean(form.querySelector("[data-refused]"));
  const first = snapshot();
  let waiting = 0;
  let asking = null;
  let sent = false;

  // -- what is typed

  function may(save) {
    saveButton.disabled = !save;
    if (attachButton) attachButton.disabled = !save;
  }

  function snapshot() {
    return JSON.stringify([...new FormData(form)].filter(([name]) => !BESIDE.includes(name)));
  }

  function data() {
    return new FormData(form);
  }

  function touched() {
    return refused || snapshot() !== first;
  }

  // -- the check

  async function check() {
    asking?.abort();
    asking = new AbortController();
    const mine = asking;
    try {
      const answer = await fetch(form.dataset.checkUrl, { method: "POST", body: data(), signal: mine.signal, headers: { Accept: "application/json" } });
      if (answer.status === 429) {
        later(1500);
      } else if (!answer.ok || answer.redirected) {
        say("It cannot be checked at the moment. You may have been signed out: sign in in another tab; what you typed is kept here.");
      } else {
        const checkup = await answer.json();
        if (mine === asking) show(checkup);
      }
    } catch (error) {
      if (error.name !== "AbortError") say("The server does not answer; what you type is kept here.");
    }
  }

  function later(milliseconds) {
    clearTimeout(waiting);
    waiting = setTimeout(check, milliseconds);
  }

  function say(words) {
    differs.replaceChildren(element("span", { class: "st-refused" }, words));
  }

  // Of a new rule, what was not yet come to is not called missing.
  const reached = new Set();
  form.addEventListener("focusout", (event) => event.target.name && reached.add(event.target.name));

  function isDue(one) {
    return form.dataset.code || one.message !== "This field is required." || reached.has(one.field) || document.querySelector("[data-refused]");
  }

  function show(answer) {
    const checkup = { ...answer, found: answer.found.filter(isDue) };
    const own = (name) => checkup.found.filter((one) => one.field === name && !one.parameter);
    for (const [name, field] of Object.entries(fields)) field.show(own(name));
    const places = [...document.querySelectorAll("[data-found]")].map((place) => place.dataset.found);
    const shown = new Set(places);
    for (const name of places) {
      const some = name === "other" ? checkup.found.filter((one) => !one.parameter && !shown.has(one.field)) : own(name);
      list(document.querySelector(`[data-found="${name}"]`), some, fields[name], name === "other");
    }
    document.querySelectorAll("[data-parameter]").forEach((row) => {
      const name = row.querySelector("[name$=-name]").value.trim();
      const some = name ? checkup.found.filter((one) => one.parameter === name) : [];
      list(row.querySelector(".st-found"), some, null, false);
      row.querySelector("[data-value]").setAttribute("aria-invalid", String(some.some((one) => one.severity === "error")));
    });
    changes(answer);
    document.dispatchEvent(new CustomEvent("studio:checked", { detail: { checkup, form, touched: touched() } }));
  }

  function list(place, found, field, named) {
    place.replaceChildren(...found.map((one) => message(one, field, named)));
  }

  function message(one, field, named) {
    const words = element("span", {}, `${named && one.field ? `${one.field.replaceAll("_", " ")}: ` : ""}${one.message.replaceAll("`", "")}`);
    const row = element("li", { class: `st-${one.severity}` }, words);
    if (one.block) row.append(element("pre", { class: "st-block", "aria-hidden": "true" }, where(one.block)));
    if (one.hint) row.append(element("span", { class: "st-hint" }, one.hint.replaceAll("`", "")));
    if (field && one.line) {
      for (const name of one.hint.startsWith("did you mean") ? [...one.hint.matchAll(/`([^`]+)`/g)].map((match) => match[1]) : []) {
        const use = element("button", { type: "button", class: "fs-button st-small" }, `Use ${name}`);
        use.addEventListener("click", () => field.replace(...field.span(one), name));
        row.append(use);
      }
      row.addEventListener("click", (event) => event.target.closest("button") || field.go(one));
    }
    return row;
  }

  // Of what a compiler would print, the line with its carets; message and hint stand beside it.
  function where(block) {
    return block.split("\n").filter((line) => / \| |\|$/.test(line) && !/^\s*\|$/.test(line)).join("\n");
  }

  function changes(checkup) {
    const errors = checkup.found.filter((one) => one.severity === "error").length;
    may(errors === 0);
    if (errors && !form.dataset.code && !touched()) {
      differs.replaceChildren(element("span", { class: "fs-muted" }, "Give it a code, a name, a condition and a reason."));
    } else if (errors) {
      say(errors === 1 ? "One thing to mend before it can be saved." : `${errors} things to mend before it can be saved.`);
    } else if (checkup.changes.length) {
      differs.replaceChildren(
        element("ul", { class: "st-differs" }, ...checkup.changes.map(([what, before, after]) => element("li", {}, element("b", {}, what), ": ", element("del", {}, before || "nothing"), " → ", element("ins", {}, after || "nothing")))),
      );
    } else {
      const words = form.dataset.code ? `Nothing differs from version ${form.dataset.version}.` : "It can be saved.";
      differs.replaceChildren(element("span", { class: "fs-muted" }, words));
      may(!form.dataset.code || refused);
    }
  }

  // -- what was typed is kept until it is saved

  function began() {
    return Object.fromEntries(["expected_version", "seen"].map((name) => [name, hidden(name).value]));
  }

  function hidden(name) {
    return form.querySelector(`input[type=hidden][name=${name}]`);
  }

  function keep() {
    try {
      if (touched()) window.localStorage.setItem(key, JSON.stringify({ at: Date.now(), version: form.dataset.version, began: began(), pairs: JSON.parse(snapshot()) }));
      else window.localStorage.removeItem(key);
    } catch {
      // Storage is full or not allowed: the browser asks before it leaves the page.
    }
  }

  function offerLeft() {
    const box = form.querySelector("[data-left]");
    let left = null;
    try {
      left = JSON.parse(window.localStorage.getItem(key));
    } catch {
      left = null;
    }
    if (!left || JSON.stringify(left.pairs) === first || refused) return;
    const older = left.version !== form.dataset.version ? `, on version ${left.version}` : "";
    box.querySelector("[data-left-when]").textContent = `at ${new Date(left.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}${older},`;
    box.hidden = false;
    box.querySelector("[data-left-take]").addEventListener("click", () => {
      takeUp(left);
      box.hidden = true;
    });
    box.querySelector("[data-left-drop]").addEventListener("click", () => {
      window.localStorage.removeItem(key);
      box.hidden = true;
    });
  }

  // With the version and the draft that it began with: when those have moved on, saving says so.
  function takeUp(left) {
    const values = new Map();
    left.pairs.forEach(([name, value]) => values.set(name, [...(values.get(name) ?? []), value]));
    for (const [name, value] of Object.entries(left.began ?? {})) hidden(name).value = value;
    for (const control of form.elements) {
      if (!control.name || control.type === "hidden" || control.name === "into") continue;
      const some = values.get(control.name) ?? [];
      if (control.type === "checkbox") control.checked = some.includes(control.value);
      else if (some.length) control.value = some[0];
    }
    form.querySelectorAll(".st-threshold.st-new[hidden]").forEach((row) => (row.hidden = !row.querySelector("input").value));
    Object.values(fields).forEach((field) => field.draw());
    check();
  }

  form.addEventListener("input", () => {
    keep();
    later(150);
  });
  form.addEventListener("change", () => {
    keep();
    later(50);
  });
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    keep(); // until the server says that it is saved: see changes.js
  });
  window.addEventListener("pageshow", () => (sent = false));
  window.addEventListener("beforeunload", (event) => {
    if (touched() && !sent) {
      keep();
      event.preventDefault();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey && !saveButton.disabled && event.target.closest("[data-rule-form]")) {
      event.preventDefault();
      form.requestSubmit(saveButton);
    }
  });

  // -- a field as tall as its text

  function grow(area) {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }
  form.querySelectorAll("[data-grow]").forEach((area) => {
    area.addEventListener("input", () => grow(area));
    grow(area);
  });

  // -- thresholds: a step with the arrows, ten with Shift

  function step(input, direction, event) {
    const value = Number(input.value.replaceAll(",", ""));
    if (!Number.isFinite(value)) return;
    const size = Math.max(10 ** Math.floor(Math.log10(Math.abs(value) || 1) - 1), Number.isInteger(value) ? 1 : 0.01);
    const bounds = input.closest("[data-parameter]").querySelector("[data-low]")?.dataset;
    const moved = value + direction * size * (event.shiftKey ? 10 : 1);
    const low = bounds?.low === undefined ? -Infinity : Number(bounds.low);
    const high = bounds?.high === undefined ? Infinity : Number(bounds.high);
    input.value = String(Number(Math.min(Math.max(moved, low), high).toPrecision(12)));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  form.addEventListener("keydown", (event) => {
    const input = event.target.closest("[data-number]");
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!input || !direction) return;
    event.preventDefault();
    step(input, direction, event);
  });

  form.querySelector("[data-add-parameter]")?.addEventListener("click", (event) => {
    const row = form.querySelector(".st-threshold.st-new[hidden]");
    if (row) {
      row.hidden = false;
      row.querySelector("input").focus();
    }
    if (!form.querySelector(".st-threshold.st-new[hidden]")) event.target.hidden = true;
  });

  window.studio.fields = fields;
  window.studio.form = form;
  window.studio.check = check;
  offerLeft();
  check();
})();
