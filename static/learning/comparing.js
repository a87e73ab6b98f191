// Reads the page again when a worker has ended the comparison that it tells of.
"use strict";

(() => {
  if (!document.querySelector("[data-comparing]")) return;
  async function look() {
    try {
      const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!page.querySelector("[data-comparing]")) {
        window.location.reload();
        return;
      }
    } catch {
      // The server is away for a moment: asked again.
    }
    setTimeout(look, 2000);
  }
  setTimeout(look, 1000);
})();
