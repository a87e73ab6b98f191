// The panel that tells, while somebody types, what the draft would have done.
"use strict";

(() => {
  const panel = document.querySelector("[data-backtest]");
  const form = document.querySelector("[data-rule-form]");
  if (!panel || !form) return;
  const place = panel.querySelector("[data-result]");
  let asking = null;
  let waiting = 0;
  let polling = 0;
  let sound = false;
  let seen = false;
  let asked = "";

  function data() {
    const sent = new FormData(form);
    panel.querySelectorAll("[data-choice]").forEach((choice) => sent.set(choice.dataset.choice, choice.value));
    return sent;
  }

  function key(sent) {
    return JSON.stringify([...sent].filter(([name]) => !["csrfmiddlewaretoken", "note", "into"].includes(name)));
  }

  async function run() {
    const sent = data();
    if (!sound || !seen || key(sent) === asked) return;
    asked = key(sent);
    leave();
    asking?.abort();
    asking = new AbortController();
    const mine = asking;
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(panel.dataset.url, { method: "POST", body: sent, signal: mine.signal });
      if (mine !== asking) return;
      if (answer.status === 429) {
        asked = "";
        later(2000);
        return;
      }
      put(answer.ok && !answer.redirected ? await answer.text() : "<p>It cannot be tested at the moment.</p>");
    } catch (error) {
      if (error.name === "AbortError") return;
      asked = "";
      place.textContent = "The server does not answer; the next change asks again.";
    }
    if (mine === asking) place.setAttribute("aria-busy", "false");
  }

  function put(text) {
    place.innerHTML = text;
    if (place.querySelector("[data-run]")) follow();
  }

  function later(milliseconds) {
    clearTimeout(waiting);
    waiting = setTimeout(run, milliseconds);
  }

  // -- one that takes longer runs by itself; what is no longer wanted is cancelled

  function follow() {
    const run = place.querySelector("[data-run]");
    run.querySelector("[data-cancel]").addEventListener("click", () => {
      leave();
      place.innerHTML = "<p class='fs-muted'>Cancelled. The next change begins another one.</p>";
    });
    clearTimeout(polling);
    polling = setTimeout(async () => {
      try {
        const answer = await fetch(run.dataset.runUrl);
        if (!run.isConnected) return;
        if (answer.ok && !answer.redirected) put(await answer.text());
        else follow();
      } catch {
        if (run.isConnected) follow();
      }
    }, 800);
  }

  function leave() {
    clearTimeout(polling);
    const run = place.querySelector("[data-run]");
    if (!run) return;
    const token = new FormData();
    token.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    fetch(run.dataset.cancelUrl, { method: "POST", body: token, keepalive: true }).catch(() => {});
  }

  document.addEventListener("studio:checked", (event) => {
    sound = event.detail.checkup.sound;
    panel.toggleAttribute("data-faulty", !sound); // what stands there is of an earlier draft
    if (sound) later(event.detail.touched ? 300 : 0);
  });
  panel.querySelectorAll("[data-choice]").forEach((choice) => choice.addEventListener("change", () => later(0)));
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen = true;
    observer.disconnect();
    later(0);
  }).observe(panel);
})();
