/* The portal's own script: small, delegated listeners only, so that fragments swapped in later work without being wired. */
(function () {
  "use strict";
  var root = document.documentElement;

  /* ---- Theme: each press goes to the next of the two; Shift gives the choice back to the system. */
  function nextTheme(event) {
    var dark = root.getAttribute("data-bs-theme") === "dark";
    window.leadwrightTheme(event.shiftKey ? "auto" : dark ? "light" : "dark");
    sayTheme();
  }
  function sayTheme() {
    var dark = root.getAttribute("data-bs-theme") === "dark";
    document.querySelectorAll("[data-theme-toggle]").forEach(function (button) {
      button.setAttribute("aria-label", dark ? "Switch to light" : "Switch to dark");
      button.title = button.getAttribute("aria-label");
    });
  }

  /* ---- Toasts: from the server's messages, from the HX-Trigger header, or from here. */
  var LASTS = 6000;
  function toast(text, tone, undo) {
    var shelf = document.getElementById("toasts");
    var mould = document.getElementById("toast-mould");
    if (!shelf || !mould) { return; }
    var made = mould.content.firstElementChild.cloneNode(true);
    made.querySelector("[data-toast-text]").textContent = text;
    made.classList.add("toast-" + (tone || "ok"));
    made.querySelectorAll("[data-tone]").forEach(function (mark) { mark.hidden = mark.dataset.tone !== (tone || "ok"); });
    var button = made.querySelector("[data-toast-undo]");
    if (undo) {
      button.hidden = false;
      button.addEventListener("click", function () { made.remove(); window.htmx.ajax("POST", undo, { swap: "none" }); });
    }
    shelf.append(made);
    if (tone !== "bad") { setTimeout(function () { made.remove(); }, LASTS); }
  }
  document.addEventListener("toast", function (event) {
    toast(event.detail.text, event.detail.tone, event.detail.undo);
  });

  /* ---- What the server could not do: one place says it, the page keeps what it shows. */
  document.addEventListener("htmx:response:error", function (event) {
    var answer = event.detail.ctx && event.detail.ctx.response;
    var status = answer ? answer.status : 0;
    if (stale(event, true)) { return; }
    if (status === 422 || (answer && answer.headers && answer.headers.get && answer.headers.get("HX-Trigger"))) { return; }
    var said = { 403: "Your role may not do that.", 404: "That is no longer there.", 429: "Too many requests: wait a moment." };
    toast(said[status] || "That did not work (" + status + "). Try again.", "bad");
  });
  document.addEventListener("htmx:error", function (event) {
    if (!stale(event, true)) { toast("The exchange cannot be reached. Try again.", "bad"); }
  });

  /* ---- What asks again by itself ([data-ticking]) rests in a hidden tab, and says so when no answer comes. */
  function stale(event, yes) {
    var place = event.target.closest && event.target.closest("[data-ticking]");
    if (place) { place.toggleAttribute("data-stale", yes); }
    return place;
  }
  document.addEventListener("htmx:before:request", function (event) {
    if (document.hidden && event.target.closest("[data-ticking]")) { event.preventDefault(); }
  });

  /* ---- Dialogs: [data-open="id"] opens, [data-close] closes; the drawer opens when something was swapped into it. */
  function open(dialog) {
    if (dialog && !dialog.open) { dialog.showModal(); }
  }
  document.addEventListener("htmx:after:swap", function (event) {
    var target = event.detail.ctx ? event.detail.ctx.target : event.target;
    stale(event, false);
    if (target && target.id === "drawer-body") { open(document.getElementById("drawer")); }
    drawCharts();
  });
  document.addEventListener("input", function (event) {
    var asked = event.target.closest("[data-typed]");
    if (asked) { asked.closest("form").querySelector("[type=submit]").disabled = asked.value.trim() !== asked.dataset.typed; }
    if (event.target.matches("[data-filter-list]")) { filterList(event.target); }
  });
  function filterList(field) {
    var wanted = field.value.trim().toLowerCase();
    document.querySelectorAll("#" + field.dataset.filterList + " > *").forEach(function (row) {
      row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0;
    });
  }

  /* ---- Copying */
  function copy(button) {
    var source = document.getElementById(button.dataset.copy);
    var text = source ? source.value || source.textContent : button.dataset.copyText;
    if (!navigator.clipboard) { if (source && source.select) { source.select(); } toast("Select the text and copy it.", "warn"); return; }
    navigator.clipboard.writeText(text.trim()).then(
      function () { toast("Copied."); },
      function () { toast("The browser refused: select the text and copy it.", "warn"); });
  }

  /* ---- Tabs of snippets */
  function showTab(tab) {
    var tabs = Array.from(tab.parentElement.children);
    tabs.forEach(function (one) {
      var chosen = one === tab;
      one.setAttribute("aria-selected", String(chosen));
      one.tabIndex = chosen ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = !chosen;
    });
    tab.focus();
  }

  document.addEventListener("click", function (event) {
    var at = event.target;
    var found;
    if ((found = at.closest("[data-theme-toggle]"))) { nextTheme(event); }
    else if ((found = at.closest("[data-copy], [data-copy-text]"))) { copy(found); }
    else if ((found = at.closest("[data-open]"))) { open(document.getElementById(found.dataset.open)); }
    else if ((found = at.closest("[data-close]"))) { found.closest("dialog, [data-toast]").matches("dialog") ? found.closest("dialog").close() : found.closest("[data-toast]").remove(); }
    else if ((found = at.closest("[role=tab]"))) { showTab(found); }
    else if ((found = at.closest("[data-menu-toggle]"))) { toggleMenu(); }
    else if (at.matches("dialog")) { at.close(); }
    document.querySelectorAll("details[data-popup][open]").forEach(function (popup) { if (!popup.contains(at)) { popup.open = false; } });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details[data-popup][open]").forEach(function (popup) {
        popup.open = false;
        popup.querySelector("summary").focus();
      });
      if (root.classList.contains("menu-open")) { toggleMenu(); }
    }
    var tab = event.target.closest && event.target.closest("[role=tab]");
    if (tab && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      var next = event.key === "ArrowRight" ? tab.nextElementSibling : tab.previousElementSibling;
      if (next) { showTab(next); event.preventDefault(); }
    }
  });

  /* ---- The menu of a phone */
  function toggleMenu() {
    var shown = root.classList.toggle("menu-open");
    document.querySelectorAll("[data-menu-toggle]").forEach(function (button) { button.setAttribute("aria-expanded", String(shown)); });
  }

  /* ---- Charts: drawn when they come into view, again when the theme changes. */
  function colour(name) { return getComputedStyle(root).getPropertyValue(name).trim(); }
  function themed(figure) {
    var axis = { gridcolor: colour("--line"), linecolor: colour("--line"), zerolinecolor: colour("--line"), tickcolor: colour("--line"), automargin: true };
    var layout = Object.assign({}, figure.layout, {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "Inter Variable, system-ui, sans-serif", size: 12, color: colour("--muted") },
      colorway: [1, 2, 3, 4, 5, 6].map(function (place) { return colour("--c" + place); }),
      margin: Object.assign({ t: 8, r: 8, b: 40, l: 48 }, figure.layout.margin),
      hoverlabel: { bgcolor: colour("--card"), bordercolor: colour("--field-line"), font: { color: colour("--fg") } }
    });
    Object.keys(figure.layout).concat(["xaxis", "yaxis"]).forEach(function (key) {
      if (/^[xy]axis/.test(key)) { layout[key] = Object.assign({}, axis, figure.layout[key]); }
    });
    return layout;
  }
  function drawChart(place) {
    /* A figure names colours as tokens: "--c1". */
    var figure = JSON.parse(document.getElementById(place.dataset.chart + "-data").textContent, function (key, value) {
      return typeof value === "string" && /^--[a-z0-9-]+$/.test(value) ? colour(value) : value;
    });
    window.Plotly.react(place, figure.data, themed(figure), { displayModeBar: false, responsive: true });
    place.dataset.drawn = "yes";
  }
  var seen = "IntersectionObserver" in window ? new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) { if (entry.isIntersecting) { seen.unobserve(entry.target); drawChart(entry.target); } });
  }) : null;
  function drawCharts() {
    if (!window.Plotly) { return; }
    document.querySelectorAll("[data-chart]:not([data-drawn]):not([data-watched])").forEach(function (place) {
      place.dataset.watched = "yes";
      seen ? seen.observe(place) : drawChart(place);
    });
  }
  document.addEventListener("themechange", function () {
    sayTheme();
    document.querySelectorAll("[data-drawn]").forEach(drawChart);
  });

  function start() {
    sayTheme();
    drawCharts();
    document.querySelectorAll("#messages > [data-text]").forEach(function (one) { toast(one.dataset.text, one.dataset.tone); });
    var first = document.querySelector("[aria-invalid=true]");
    if (first) { first.focus(); }
  }
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", start) : start();
  window.leadwright = { toast: toast };
})();
