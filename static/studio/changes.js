// A rule's draft that was saved here is kept by the server now: the browser forgets its copy.
"use strict";

(() => {
  try {
    window.localStorage.removeItem(`studio.draft.${document.currentScript.dataset.saved}`);
  } catch {
    // Nothing could be kept there either.
  }
})();
