// The transactions behind a figure of a backtest, when somebody wants to see them.
"use strict";

document.addEventListener(
  "toggle",
  async (event) => {
    const details = event.target.closest("[data-samples]");
    if (!details?.open || details.dataset.shown) return;
    details.dataset.shown = "1";
    // On a rule's page they are decided with what was typed, elsewhere with what the run tried.
    const sent = new FormData(document.querySelector("[data-rule-form]") ?? undefined);
    const asked = details.closest("[data-samples-url]");
    if (asked.dataset.samplesRun) sent.set("run", asked.dataset.samplesRun);
    sent.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    sent.set("ids", details.dataset.samples);
    const place = details.querySelector("[data-sample-list]");
    try {
      const answer = await fetch(asked.dataset.samplesUrl, { method: "POST", body: sent });
      place.innerHTML = answer.ok && !answer.redirected ? await answer.text() : "<p>They cannot be shown at the moment.</p>";
    } catch {
      details.dataset.shown = "";
      place.textContent = "The server does not answer.";
    }
  },
  true,
);
