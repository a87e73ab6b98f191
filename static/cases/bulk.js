// Moves the bar of a bulk action; when it has ended, the page is read again for its result.
"use strict";

(() => {
  const bar = document.querySelector("[data-progress]");
  const words = document.querySelector("[data-finished]");
  if (!bar) return;
  async function look() {
    try {
      const answer = await fetch(bar.dataset.progress, { headers: { Accept: "application/json" } });
      const told = await answer.json();
      bar.value = told.done + told.refused;
      words.textContent = bar.value.toLocaleString("en-GB");
      if (told.state !== "running") {
        window.location.reload();
        return;
      }
    } catch {
      // The server is away for a moment: asked again.
    }
    setTimeout(look, 1500);
  }
  setTimeout(look, 1000);
})();
