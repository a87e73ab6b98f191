// The condition as groups and tests, for those who write no expressions: another view of the same tree.
// The server turns text into parts and parts into text; nothing is understood here.
"use strict";

(() => {
  const { element, parameters, vocabulary } = window.studio;
  const root = document.querySelector("[data-builder]");
  const form = document.querySelector("[data-rule-form]");
  if (!root || !form) return;
  const area = document.getElementById("id_condition");
  let tree = null;
  let view = "text";
  let own = false; // what is shown here is newer than the text, or is the text's source
  let waiting = 0;
  let asking = null;
  let focus = "";

  const ORDERED = [">", ">=", "<", "<="];
  const SAID = {
    ">": "is more than", ">=": "is at least", "<": "is less than", "<=": "is at most",
    "==": "is", "!=": "is not", in: "is one of", "not in": "is none of",
    is: "is true", "is not": "is false", known: "is known", "not known": "is missing",
    listed: "is on the list", "not listed": "is not on the list", between: "lies in a range",
    startswith: "begins with", endswith: "ends with", contains: "contains", contains_any: "contains any of",
    matches: "matches the pattern", is_whole: "is a whole number",
  };
  const OF_TYPE = {
    number: [...ORDERED, "==", "!=", "between", "in", "not in", "known", "not known"],
    money: [...ORDERED, "==", "!=", "between", "is_whole", "known", "not known"],
    timestamp: [...ORDERED, "known", "not known"],
    boolean: ["is", "is not", "known", "not known"],
    string: ["==", "!=", "in", "not in", "contains", "startswith", "endswith", "contains_any", "matches", "listed", "not listed", "known", "not known"],
    identifier: ["listed", "not listed", "known", "not known"],
    strings: ["known", "not known"],
  };
  const NEGATED = { is: "is not", known: "not known", listed: "not listed" };
  const KINDS = { money: "money", number: "number", "yes/no": "boolean", text: "string", list: "strings" };

  function typeOf(operand) {
    if (operand.kind === "number") return "number";
    if (operand.kind === "text") return "string";
    if (operand.kind === "list") return "strings";
    if (operand.kind !== "name") return "";
    const parameter = parameters().find((one) => one.name === operand.value);
    if (parameter) return KINDS[parameter.type] ?? "";
    const words = window.studio.words();
    return [...(words?.features ?? []), ...(words?.vertical ?? [])].find((one) => one.name === operand.value)?.type ?? "";
  }

  function feature(name) {
    return (window.studio.words()?.features ?? []).find((one) => one.name === name);
  }

  // -- the operator as it is said, and back

  function said(test) {
    const negated = test.negated ? NEGATED[test.operator] : "";
    return negated || test.operator;
  }

  function speak(test, words) {
    const plain = Object.keys(NEGATED).find((one) => NEGATED[one] === words);
    const before = test.operands;
    const left = before[0];
    test.operator = plain ?? words;
    test.negated = Boolean(plain);
    if (["is", "known", "is_whole"].includes(test.operator)) {
      test.operands = [left];
      return;
    }
    if (test.operator === "between") {
      test.ends = ["<=", "<="];
      test.operands = [blank("number", before[1]), left, blank("number", before[2])];
      return;
    }
    delete test.ends;
    const second = before[1];
    if (["in", "not in", "contains_any"].includes(test.operator)) {
      const isList = second && (second.kind === "list" || typeOf(second) === "strings");
      test.operands = [left, isList ? second : { kind: "list", of: typeOf(left) === "number" ? "number" : "text", value: second?.value && second.kind !== "name" ? [second.value] : [] }];
      return;
    }
    test.operands = [left, blank(typeOf(left), Array.isArray(second?.value) ? null : second)];
  }

  function blank(type, kept) {
    if (kept && kept.value !== undefined && kept.kind !== "list") return kept;
    if (type === "string" || type === "identifier") return { kind: "text", value: "" };
    return { kind: type === "number" ? "number" : "name", value: "" };
  }

  // What a person typed as a value: a number, a name that is known, else an expression or text.
  function operandOf(text, type) {
    const plain = text.trim();
    if (/^-?[\d_]*\.?\d+([eE][+-]?\d+)?$/.test(plain)) return { kind: "number", value: plain };
    const names = new Set([...parameters().map((one) => one.name), ...(window.studio.words()?.features ?? []).map((one) => one.name), ...(window.studio.words()?.vertical ?? []).map((one) => one.name)]);
    if (names.has(plain)) return { kind: "name", value: plain };
    if (type === "string" || type === "identifier") return { kind: "text", value: text };
    return { kind: "expression", value: plain };
  }

  // -- drawing

  function draw() {
    if (!tree && !area.value.trim()) tree = { kind: "group", join: "and", negated: false, parts: [] };
    root.replaceChildren(tree ? group(tree, [], true) : element("p", { class: "fs-muted" }, "The text cannot be read yet. Mend it there; the builder shows it as soon as it can."));
    if (focus) root.querySelector(`[data-path="${focus}"]`)?.focus();
    focus = "";
  }

  function changed(redraw, path) {
    own = true;
    if (redraw) {
      focus = path ?? "";
      draw();
    }
    clearTimeout(waiting);
    waiting = setTimeout(write, 120);
  }

  function button(words, label, act, path) {
    const made = element("button", { type: "button", class: "fs-button st-small", title: label, "aria-label": label, "data-path": path }, words);
    made.addEventListener("click", act);
    return made;
  }

  function choose(options, value, label, act, path) {
    const made = element("select", { class: "st-input", "aria-label": label, "data-path": path }, ...options.map(([name, words]) => {
      const option = element("option", { value: name }, words);
      option.selected = name === value;
      return option;
    }));
    made.addEventListener("change", () => act(made.value));
    return made;
  }

  function type(value, label, act, more = {}) {
    const made = element("input", { class: "st-input", value, "aria-label": label, autocomplete: "off", spellcheck: "false", ...more });
    made.addEventListener("input", () => act(made.value));
    made.addEventListener("keydown", (event) => event.key === "Enter" && !event.ctrlKey && event.preventDefault());
    return made;
  }

  function group(part, path, outer) {
    const here = path.join("-");
    const value = `${part.negated ? "not " : ""}${part.join}`;
    const head = element("div", { class: "st-group-head" },
      choose([["and", "All of these hold"], ["or", "Any of these holds"], ["not and", "Not all of these hold"], ["not or", "None of these holds"]], value, "How the conditions of this group are joined", (chosen) => {
        part.negated = chosen.startsWith("not");
        part.join = chosen.replace("not ", "");
        changed(false);
      }, `g${here}`),
      outer ? null : remove(path),
    );
    const parts = part.parts.map((one, index) => element("li", {}, draws(one, [...path, index])));
    const add = element("div", { class: "st-group-foot" },
      button("+ Condition", "Add a condition to this group", () => {
        part.parts.push({ kind: "test", operator: ">", negated: false, operands: [{ kind: "name", value: "" }, { kind: "number", value: "" }] });
        changed(true, `f${[...path, part.parts.length - 1].join("-")}`);
      }),
      button("+ Group", "Add a group to this group", () => {
        const inner = { kind: "test", operator: ">", negated: false, operands: [{ kind: "name", value: "" }, { kind: "number", value: "" }] };
        part.parts.push({ kind: "group", join: part.join === "and" ? "or" : "and", negated: false, parts: [inner] });
        changed(true, `f${[...path, part.parts.length - 1, 0].join("-")}`);
      }),
    );
    return element("div", { class: "st-group", role: "group", "aria-label": outer ? "Condition" : "Group of conditions" }, head, element("ul", {}, ...parts), add);
  }

  function remove(path) {
    return button("×", "Remove this", () => {
      const parent = path.slice(0, -1).reduce((part, index) => part.parts[index], tree);
      parent.parts.splice(path[path.length - 1], 1);
      changed(true, `g${path.slice(0, -1).join("-")}`);
    });
  }

  function draws(part, path) {
    if (part.kind === "group") return group(part, path, false);
    return part.kind === "raw" ? raw(part, path) : test(part, path);
  }

  function raw(part, path) {
    return element("div", { class: "st-test" },
      element("span", { class: "fs-muted" }, "Expression"),
      type(part.text, "Expression that the builder cannot show in parts", (text) => {
        part.text = text;
        changed(false);
      }, { class: "st-input fs-id st-wide", "data-path": `f${path.join("-")}` }),
      remove(path));
  }

  function test(part, path) {
    const subject = part.operator === "between" ? 1 : 0;
    const left = part.operands[subject];
    const kind = typeOf(left);
    const options = new Set(OF_TYPE[kind] ?? OF_TYPE.number);
    options.add(said(part));
    const name = type(left.value, "Feature", (text) => {
      part.operands[subject] = operandOf(text, "");
      const now = typeOf(part.operands[subject]);
      if (now && now !== kind) {
        if (!(OF_TYPE[now] ?? []).includes(said(part))) speak(part, OF_TYPE[now]?.[0] ?? ">");
        changed(true, `f${path.join("-")}`);
        const again = root.querySelector(`[data-path="f${path.join("-")}"]`);
        again?.setSelectionRange(again.value.length, again.value.length);
      } else changed(false);
    }, { class: "st-input fs-id st-feature", list: "builder-names", "data-path": `f${path.join("-")}`, title: feature(left.value)?.doc ?? "" });
    const operator = choose([...options].map((one) => [one, SAID[one] ?? one]), said(part), "Comparison", (words) => {
      speak(part, words);
      changed(true, `o${path.join("-")}`);
    }, `o${path.join("-")}`);
    const negated = part.negated && !NEGATED[part.operator] ? element("span", { class: "fs-chip", title: "The contrary of what follows" }, "not") : null;
    return element("div", { class: "st-test" }, negated, name, operator, ...values(part, subject, kind), remove(path));
  }

  function values(part, subject, kind) {
    if (part.operator === "between") {
      const one = (place, label) => value(part, place, kind, label);
      const [low, high] = part.ends;
      const word = (text) => element("span", { class: "fs-muted" }, text);
      return [word(low === "<=" ? "at least" : "above"), one(0, "Lowest"), word(high === "<=" ? "and at most" : "and below"), one(2, "Highest")];
    }
    return part.operands.slice(1).map((_, index) => value(part, index + 1, kind, "Value"));
  }

  function value(part, place, kind, label) {
    const operand = part.operands[place];
    const set = (made) => {
      part.operands[place] = made;
      changed(false);
    };
    if (part.operator === "listed") {
      const lists = (window.studio.words()?.lists ?? []).map((name) => [name, name]);
      const known = lists.some(([name]) => name === operand.value) ? lists : [[operand.value, operand.value || "choose a list"], ...lists];
      return choose(known, operand.value, "List", (name) => set({ kind: "text", value: name }));
    }
    if (operand.kind === "list") {
      return type(operand.value.join(", "), "Values, separated by commas", (text) => set({ ...operand, value: text.split(",").map((one) => one.trim()).filter(Boolean) }), { placeholder: "one, two, three", class: "st-input st-wide" });
    }
    const choices = feature(part.operands[0].value)?.choices ?? [];
    if (choices.length && operand.kind === "text" && ["==", "!="].includes(part.operator)) {
      const options = [...new Set([...choices, operand.value])].map((one) => [one, one || "choose"]);
      return choose(options, operand.value, label, (one) => set({ kind: "text", value: one }));
    }
    const money = kind === "money" || kind === "timestamp";
    const unit = feature(part.operands[0].value)?.unit ?? "";
    const shown = type(operand.value, label, (text) => set(operandOf(text, kind)), {
      class: "st-input st-operand-value",
      inputmode: kind === "number" ? "decimal" : null,
      list: "builder-names",
      placeholder: money ? "a threshold of money" : "value or name",
    });
    return element("span", { class: "st-number" }, shown, unit && operand.kind === "number" ? element("span", { class: "st-unit" }, unit) : null);
  }

  function offerNames() {
    const list = document.getElementById("builder-names") ?? root.after(element("datalist", { id: "builder-names" })) ?? document.getElementById("builder-names");
    const words = window.studio.words();
    list.replaceChildren(
      ...parameters().map((one) => element("option", { value: one.name }, `threshold ${one.doc}`)),
      ...(words?.features ?? []).map((one) => element("option", { value: one.name }, `${one.type}${one.unit ? `, ${one.unit}` : ""}`)),
    );
  }

  // -- text and parts

  async function write() {
    asking?.abort();
    asking = new AbortController();
    const mine = asking;
    const data = new FormData();
    data.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    data.set("builder", JSON.stringify(tree));
    const place = document.querySelector("[data-found=condition]");
    try {
      const answer = await fetch(form.dataset.buildUrl, { method: "POST", body: data, signal: mine.signal });
      const told = await answer.json();
      if (mine !== asking) return;
      if (told.text === undefined) {
        const problems = told.problems ?? [{ message: told.detail ?? "It cannot be read.", hint: "" }];
        place.replaceChildren(...problems.map((one) => element("li", { class: "st-error" }, one.message, one.hint ? element("span", { class: "st-hint" }, one.hint) : null)));
        document.querySelectorAll("[data-save], [data-attach]").forEach((button) => (button.disabled = true));
        return;
      }
      area.value = told.text;
      window.studio.fields.condition.draw();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    } catch (error) {
      if (error.name !== "AbortError") place.replaceChildren(element("li", { class: "st-error" }, "The server does not answer."));
    }
  }

  async function look(name) {
    if (name === "builder") await vocabulary();
    view = name;
    document.querySelectorAll("[data-view]").forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.view === name)));
    document.querySelectorAll("[data-shown]").forEach((each) => (each.hidden = each.dataset.shown !== name));
    try {
      window.localStorage.setItem("studio.view", name);
    } catch {
      // It is asked for anew on the next page.
    }
    own = false;
    if (name === "builder") {
      offerNames();
      draw();
    } else window.studio.fields.condition.draw();
  }

  document.querySelectorAll("[data-view]").forEach((each) => each.addEventListener("click", () => look(each.dataset.view)));
  // The text changed by its own field, or by a draft taken up, makes the builder follow; its own
  // changes do not, since they would take the cursor away.
  area.addEventListener("input", (event) => event.isTrusted && (own = false));
  document.addEventListener("studio:checked", (event) => {
    if (own) return;
    tree = event.detail.checkup.builder;
    if (view === "builder") draw();
  });
  document.addEventListener("studio:words", () => view === "builder" && draw());
  try {
    if (window.localStorage.getItem("studio.view") === "builder") document.addEventListener("studio:checked", () => look("builder"), { once: true });
  } catch {
    // Text, then.
  }
})();
