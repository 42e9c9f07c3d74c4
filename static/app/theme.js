/* Runs before the first paint, so that no page flashes in the wrong theme: light, dark, or what the system says. */
(function () {
  "use strict";
  var kept = null;
  try { kept = localStorage.getItem("theme"); } catch (refused) { kept = null; }
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    var theme = kept === "light" || kept === "dark" ? kept : (system.matches ? "dark" : "light");
    document.documentElement.setAttribute("data-bs-theme", theme);
    document.documentElement.setAttribute("data-theme-choice", kept || "auto");
  }
  function tell() {
    apply();
    document.dispatchEvent(new CustomEvent("themechange"));
  }
  apply();
  system.addEventListener("change", tell);
  window.leadwrightTheme = function (choice) {
    kept = choice === "auto" ? null : choice;
    try { kept ? localStorage.setItem("theme", kept) : localStorage.removeItem("theme"); } catch (refused) { /* This page only, then. */ }
    tell();
  };
})();
