// Runs before the first paint: large type as this person left it, and the mark that scripts run.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");

  function stored() {
    try { return localStorage.getItem("elder") === "1"; } catch { return false; }
  }
  function show(on) {
    if (on) root.setAttribute("data-elder", "1"); else root.removeAttribute("data-elder");
    document.querySelectorAll("[data-elder-toggle]").forEach(function (button) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(on));
    });
  }
  show(stored());
  document.addEventListener("DOMContentLoaded", function () { show(stored()); });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-elder-toggle]")) return;
    var on = !root.hasAttribute("data-elder");
    try { localStorage.setItem("elder", on ? "1" : "0"); } catch { /* private mode: for this page only */ }
    show(on);
  });
})();
