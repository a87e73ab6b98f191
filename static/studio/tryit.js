// The box that tries the draft on one transaction, and again whenever the draft changes.
"use strict";

(() => {
  const box = document.querySelector("[data-try]");
  const form = document.querySelector("[data-rule-form]");
  if (!box || !form) return;
  const place = box.querySelector("[data-trial]");
  let subject = "stored";
  let tried = false;
  let asking = null;
  let waiting = 0;

  async function attempt() {
    const data = new FormData(form);
    data.set("subject", subject);
    data.set("reference", box.querySelector("[data-reference]").value);
    data.set("pasted", box.querySelector("[data-pasted]").value);
    asking?.abort();
    asking = new AbortController();
    const mine = asking;
    try {
      const answer = await fetch(box.dataset.tryUrl, { method: "POST", body: data, signal: mine.signal });
      if (answer.status === 429) {
        later(1500);
        return;
      }
      const text = answer.ok && !answer.redirected ? await answer.text() : "<p>It cannot be tried at the moment.</p>";
      if (mine === asking) place.innerHTML = text;
    } catch (error) {
      if (error.name !== "AbortError") place.textContent = "The server does not answer.";
    }
  }

  function later(milliseconds) {
    clearTimeout(waiting);
    waiting = setTimeout(attempt, milliseconds);
  }

  box.querySelectorAll("[data-subject]").forEach((button) => {
    button.addEventListener("click", () => {
      subject = button.dataset.subject;
      box.querySelectorAll("[data-subject]").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
      box.querySelectorAll("[data-of]").forEach((each) => (each.hidden = each.dataset.of !== subject));
      box.querySelector(`[data-of="${subject}"] input, [data-of="${subject}"] textarea`).focus();
    });
  });
  box.querySelector("[data-try-it]").addEventListener("click", () => {
    tried = true;
    attempt();
  });
  box.querySelector("[data-reference]").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    box.querySelector("[data-try-it]").click();
  });
  document.addEventListener("studio:checked", () => tried && later(250));
})();
