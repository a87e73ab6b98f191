// A field for expressions: marks what is wrong where it stands, and offers names while they are typed.
// The field is a plain textarea and works without this file.
"use strict";

window.studio = window.studio || {};

(() => {
  const KEYWORDS = [
    { name: "and", kind: "word", doc: "both" },
    { name: "or", kind: "word", doc: "one or the other" },
    { name: "not", kind: "word", doc: "the contrary" },
    { name: "in", kind: "word", doc: "is an entry of a list" },
  ];
  const MOST = 10;
  let words = null;
  let asked = null;

  // What can be named, asked for once a page.
  function vocabulary() {
    asked ??= fetch(document.querySelector("[data-words-url]").dataset.wordsUrl, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok && !answer.redirected ? answer.json() : null))
      .then((found) => {
        words = found;
        if (found) document.dispatchEvent(new CustomEvent("studio:words"));
        return found;
      })
      .catch(() => null);
    return asked;
  }

  function parameters() {
    return [...document.querySelectorAll("[data-parameter]")]
      .filter((row) => !row.hidden && !row.querySelector("[name$=-DELETE]")?.checked)
      .map((row) => ({
        name: row.querySelector("[name$=-name]").value.trim(),
        kind: "threshold",
        type: row.querySelector("[name$=-kind]").value,
        doc: `${row.querySelector("[data-value]").value} ${row.querySelector(".st-unit").textContent}`.trim(),
      }))
      .filter((row) => row.name);
  }

  function everything() {
    const kinds = [
      [words?.features, "feature"],
      [words?.vertical, "vertical"],
    ];
    const named = kinds.flatMap(([some, kind]) => (some ?? []).map((one) => ({ ...one, kind })));
    const functions = (words?.functions ?? []).map((one) => ({ ...one, kind: "function", call: true }));
    return [...parameters(), ...named, ...functions, ...KEYWORDS];
  }

  // Those that begin so first, then those with a word that does, then those that hold it anywhere.
  function fitting(typed, some) {
    const small = typed.toLowerCase();
    const rank = (name) => {
      if (name === small) return 4;
      if (name.startsWith(small)) return 0;
      if (name.includes(`_${small}`) || name.includes(`.${small}`)) return 1;
      return name.includes(small) ? 2 : 9;
    };
    return some
      .map((one) => ({ one, rank: rank(one.name.toLowerCase()) }))
      .filter((each) => each.rank < 4)
      .sort((a, b) => a.rank - b.rank || a.one.name.length - b.one.name.length || a.one.name.localeCompare(b.one.name))
      .slice(0, MOST)
      .map((each) => each.one);
  }

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  // From a line and a column, both from 1 and in whole characters, to a place in the text.
  function place(text, line, column) {
    const lines = text.split("\n");
    const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    return before + [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
  }

  class CodeField {
    constructor(holder) {
      this.holder = holder;
      this.area = holder.querySelector("textarea");
      this.name = holder.dataset.codeField;
      this.found = [];
      this.shown = [];
      this.at = 0;
      this.marks = element("div", { class: "st-marks fs-id", "aria-hidden": "true" });
      this.list = element("ul", { class: "st-offers", role: "listbox", id: `${this.name}-offers`, "aria-label": "Names that fit", hidden: true });
      this.told = element("span", { class: "st-hidden", role: "status" });
      holder.prepend(this.marks);
      holder.append(this.list, this.told);
      this.area.setAttribute("aria-autocomplete", "list");
      this.area.setAttribute("aria-controls", this.list.id);
      this.area.addEventListener("input", () => {
        this.found = [];
        this.draw();
        this.offer(false);
      });
      this.area.addEventListener("scroll", () => (this.marks.scrollTop = this.area.scrollTop));
      this.area.addEventListener("keydown", (event) => this.key(event));
      this.area.addEventListener("blur", () => setTimeout(() => this.close(), 150));
      this.area.addEventListener("click", () => this.close());
      this.area.addEventListener("focus", vocabulary, { once: true });
      new ResizeObserver(() => this.draw()).observe(this.area);
      this.draw();
    }

    // -- marks: the text once more behind the field, with what is wrong underlined

    show(found) {
      this.found = found.filter((one) => one.line > 0);
      this.area.toggleAttribute("aria-invalid", false);
      if (found.some((one) => one.severity === "error")) this.area.setAttribute("aria-invalid", "true");
      this.draw();
    }

    span(one) {
      const start = place(this.area.value, one.line, one.column);
      return [start, Math.max(place(this.area.value, one.line, one.end_column), start + 1)];
    }

    draw() {
      const text = this.area.value;
      this.grow();
      this.marks.replaceChildren();
      let end = 0;
      for (const one of [...this.found].sort((a, b) => this.span(a)[0] - this.span(b)[0])) {
        const [from, to] = this.span(one);
        if (from < end) continue;
        this.marks.append(text.slice(end, from), element("mark", { class: `st-mark-${one.severity}` }, text.slice(from, to) || " "));
        end = to;
      }
      this.marks.append(`${text.slice(end)}\n`);
      this.marks.scrollTop = this.area.scrollTop;
    }

    grow() {
      if (!this.area.offsetParent) return;
      this.area.style.height = "auto";
      this.area.style.height = `${Math.min(this.area.scrollHeight + 2, 320)}px`;
    }

    go(one) {
      const [from, to] = this.span(one);
      this.area.focus();
      this.area.setSelectionRange(from, to);
    }

    // What is typed for the person: it can be taken back with Ctrl+Z.
    replace(from, to, text) {
      this.area.focus();
      this.area.setSelectionRange(from, to);
      if (!document.execCommand("insertText", false, text)) {
        this.area.setRangeText(text, from, to, "end");
        this.area.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }

    // -- names

    word() {
      const before = this.area.value.slice(0, this.area.selectionStart);
      const list = /listed\([^()"']*,\s*["']([^"']*)$/.exec(before);
      if (list) return { typed: list[1], from: before.length - list[1].length, lists: true };
      if ((before.split('"').length - 1) % 2) return null; // inside of a text
      const typed = /[A-Za-z_][A-Za-z0-9_.]*$/.exec(before)?.[0] ?? "";
      return { typed, from: before.length - typed.length, lists: false };
    }

    async offer(wanted) {
      const word = this.word();
      if (!word || (!wanted && word.typed.length < 2 && !word.lists)) return this.close();
      if (!words) await vocabulary();
      const now = this.word();
      if (!words || !now || now.from !== word.from) return this.close();
      const some = now.lists ? (words.lists ?? []).map((name) => ({ name, kind: "list" })) : everything();
      this.shown = fitting(now.typed, some);
      // A word that is whole already is not in the way of Enter.
      if (!wanted && some.some((one) => one.name === now.typed)) this.shown = [];
      this.at = 0;
      if (!this.shown.length) return this.close();
      this.render(now);
    }

    render(word) {
      this.list.replaceChildren(
        ...this.shown.map((one, index) => {
          const what = [one.kind === "feature" ? one.type : one.kind, one.unit].filter(Boolean).join(", ");
          const row = element(
            "li",
            { role: "option", id: `${this.list.id}-${index}`, "aria-selected": String(index === this.at), title: one.doc ?? "" },
            element("span", { class: "fs-id" }, one.usage ?? one.name),
            element("span", { class: "fs-muted" }, what),
            element("span", { class: "fs-muted st-doc" }, one.doc ?? ""),
          );
          row.addEventListener("mousedown", (event) => {
            event.preventDefault();
            this.take(index);
          });
          return row;
        }),
      );
      this.list.hidden = false;
      this.area.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
      this.told.textContent = `${this.shown.length} names fit; ${this.shown[this.at].name}`;
      this.stand(word.from);
    }

    // Under the word, never over the edge of the field.
    stand(from) {
      const range = document.createRange();
      const walker = document.createTreeWalker(this.marks, NodeFilter.SHOW_TEXT);
      let left = from;
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (left <= node.length) {
          range.setStart(node, left);
          range.setEnd(node, left);
          break;
        }
        left -= node.length;
      }
      const spot = range.getBoundingClientRect();
      const box = this.holder.getBoundingClientRect();
      const most = Math.max(box.width - this.list.offsetWidth, 0);
      this.list.style.left = `${Math.min(Math.max(spot.left - box.left, 0), most)}px`;
      this.list.style.top = `${(spot.bottom || box.bottom) - box.top + 4}px`;
    }

    choose(step) {
      this.at = (this.at + step + this.shown.length) % this.shown.length;
      this.render(this.word());
      this.list.children[this.at].scrollIntoView({ block: "nearest" });
    }

    take(index) {
      const one = this.shown[index];
      const word = this.word();
      if (!word) return this.close();
      this.close();
      this.replace(word.from, this.area.selectionStart, one.call ? `${one.name}(` : one.name);
      this.close();
    }

    close() {
      this.list.hidden = true;
      this.shown = [];
      this.area.removeAttribute("aria-activedescendant");
      this.told.textContent = "";
    }

    key(event) {
      if (event.key === " " && event.ctrlKey) {
        event.preventDefault();
        this.offer(true);
        return;
      }
      if (this.list.hidden) return;
      const act = {
        ArrowDown: () => this.choose(1),
        ArrowUp: () => this.choose(-1),
        Enter: () => this.take(this.at),
        Tab: () => this.take(this.at),
        Escape: () => this.close(),
      }[event.key];
      if (!act || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    }
  }

  window.studio.CodeField = CodeField;
  window.studio.element = element;
  window.studio.parameters = parameters;
  window.studio.vocabulary = vocabulary;
  window.studio.words = () => words;
})();
