// Follows long work by its progress bar, and shows the page anew when it is over.
"use strict";

(() => {
  const UNFINISHED = ["waiting", "queued", "running"];
  const bar = document.querySelector("[data-progress]");
  if (!bar) return;
  const words = document.querySelector("[data-percent]");

  // What somebody is writing on the page is not taken away.
  function over() {
    if (![...document.querySelectorAll("textarea")].some((area) => area.value)) location.reload();
    else words.textContent = "It is over: load the page again to see it.";
  }

  async function look() {
    try {
      const answer = await fetch(bar.dataset.progress, { headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected) {
        const told = await answer.json();
        bar.value = told.percent;
        words.textContent = `${told.percent} %`;
        if (!UNFINISHED.includes(told.state)) return over();
      }
    } catch {
      // The server does not answer; it is asked again.
    }
    setTimeout(look, 1000);
  }

  setTimeout(look, 700);
})();
