// The case: tabs in place, the way through one's queue, and nobody loses their place on the page.
// Everything works without this file: tabs are links, and the graph has a page of its own.
"use strict";

(() => {
  const panel = document.querySelector("[data-panel]");
  const tabs = [...document.querySelectorAll("[data-tab]")];

  // -- tabs ----------------------------------------------------------------------------------

  let wanted = "";

  async function fetchInto(place, url) {
    wanted = place === panel ? url : wanted;
    place.setAttribute("aria-busy", "true");
    let text = "";
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" } });
      // Whoever was signed out meanwhile is led to the sign-in page, which is no part of this one.
      if (answer.ok && !answer.redirected) text = await answer.text();
    } catch {
      text = "";
    }
    if (place === panel && wanted !== url) return false; // another tab was asked for meanwhile
    place.removeAttribute("aria-busy");
    if (text) place.innerHTML = text;
    return Boolean(text);
  }

  async function show(tab, address) {
    const query = address.search;
    const fragment = tab.dataset.fragment + query;
    if (!(await fetchInto(panel, fragment))) {
      window.location.assign(address.href);
      return;
    }
    tabs.forEach((each) => each.removeAttribute("aria-current"));
    tab.setAttribute("aria-current", "page");
    document.querySelectorAll("[data-tab-field]").forEach((field) => (field.value = tab.dataset.tab));
    window.history.replaceState(null, "", address.pathname + query);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-tab], a[data-within], a[data-goes]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const address = new URL(link.href);
    const name = link.dataset.tab ?? link.dataset.goes ?? address.searchParams.get("tab");
    const tab = tabs.find((each) => each.dataset.tab === name);
    if (!tab) return;
    event.preventDefault();
    const far = !link.dataset.within && document.querySelector("#tabs").getBoundingClientRect().top > window.innerHeight - 160;
    if (far) document.querySelector("#tabs").scrollIntoView({ block: "start" });
    show(tab, address);
  });

  // -- the small graph -----------------------------------------------------------------------

  document.querySelectorAll("[data-load]").forEach((place) => fetchInto(place, place.dataset.load));

  // -- the queue that one came from --------------------------------------------------------------

  const kept = JSON.parse(window.sessionStorage.getItem("cases.queue") ?? "null");
  const place = document.querySelector("[data-place]");
  const queue = document.querySelector("[data-queue]");
  if (place) {
    const at = kept ? kept.cases.indexOf(window.location.pathname) : -1;
    const before = place.querySelector("[data-before]");
    const after = place.querySelector("[data-after]");
    const list = kept?.url ?? queue.getAttribute("href");
    before.href = kept?.cases[at - 1] ?? list;
    after.href = kept?.cases[at + 1] ?? list;
    if (at >= 0) {
      place.querySelector("[data-where]").textContent = `${at + 1} of ${kept.cases.length}`;
      place.hidden = false;
    }
  }
  if (kept && queue) queue.href = `${kept.url}#search`;

  // -- forms keep the place ----------------------------------------------------------------------

  const memory = "cases.place";
  document.addEventListener("submit", (event) => {
    const file = event.target.querySelector?.("[type=file]")?.files[0];
    const most = Number(event.target.dataset.upload ?? 0);
    if (file && file.size > most) {
      event.preventDefault();
      window.alert(`The file has ${Math.ceil(file.size / 2 ** 20)} MB; ${most / 2 ** 20} MB is the most.`);
      return;
    }
    const where = { path: window.location.pathname.replace(/do\/.*/, "change/"), top: window.scrollY };
    window.sessionStorage.setItem(memory, JSON.stringify(where));
  });
  const last = JSON.parse(window.sessionStorage.getItem(memory) ?? "null");
  window.sessionStorage.removeItem(memory);
  if (last && last.path === window.location.pathname.replace(/do\/.*/, "change/")) {
    window.scrollTo({ top: last.top, behavior: "instant" });
  }
})();
