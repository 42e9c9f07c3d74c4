/* The live page: one socket; a snapshot, then frames of events. Rows are made here from JSON, as text only. */
(function () {
  "use strict";
  var ROWS_MAX = 200, WAITS = [500, 1000, 2000, 5000, 10000];
  var place = document.getElementById("live");
  var body = document.getElementById("live-rows"), pill = document.getElementById("live-state");
  var button = document.getElementById("live-pause"), mould = document.getElementById("live-row");
  var held = [], paused = false, socket = null, failures = 0, timer = null;

  function say(state, word) {
    pill.dataset.connection = state;
    pill.className = "pill pill-" + (state === "live" ? "ok" : state === "away" ? "bad" : "warn");
    pill.lastChild.textContent = word;
  }
  function look() {
    if (paused) { say("paused", held.length ? "paused, " + held.length + " waiting" : "paused"); }
    else if (socket && socket.readyState === 1) { say("live", "live"); }
    else { say("away", "reconnecting"); }
  }
  function amount(money) { return money ? (money.currency === "USD" ? "$" + money.amount : money.amount + " " + money.currency) : "—"; }
  function fill(row, event) {
    var looks = place.querySelector('[data-look="' + event.status + '"]') || place.querySelector('[data-look="other"]');
    row.querySelector("[data-at] a").textContent = event.at.slice(11, 19);
    /* Who did not bid took no part in the auction: its decision is not theirs to read. */
    if (event.status !== "filtered") { row.querySelector("[data-at] a").href = place.dataset.decision + event.ping_id; }
    else { row.querySelector("[data-at] a").removeAttribute("href"); }
    row.querySelector("[data-status]").replaceChildren(looks.content.cloneNode(true));
    row.querySelector("[data-reason]").textContent = (event.reason || "").replace(/_/g, " ");
    row.querySelector("[data-name]").textContent = event.vertical;
    row.querySelector("[data-amount]").textContent = amount(event.kind === "bid" ? event.bid : event.payout);
    row.dataset.key = event.key;
  }
  function show(event, fresh) {
    var row = body.querySelector('[data-key="' + event.key + '"]');
    /* An ending brings only what changed; of a row that is not shown there is nothing to change. */
    if (!row && !event.at) { return; }
    if (!row) { row = mould.content.firstElementChild.cloneNode(true); body.prepend(row); }
    row.told = Object.assign(row.told || {}, event);
    fill(row, row.told);
    if (fresh) { row.classList.add("fresh"); }
  }
  function trim() {
    while (body.children.length > ROWS_MAX) { body.lastElementChild.remove(); }
    document.getElementById("live-empty").hidden = body.children.length > 0;
  }
  function take(frame) {
    if (frame.snapshot) { body.replaceChildren(); frame.snapshot.slice().reverse().forEach(function (one) { show(one, false); }); }
    else { frame.events.forEach(function (one) { show(one, true); }); }
    trim();
  }
  function hear(message) {
    var frame = JSON.parse(message.data);
    if (!paused) { take(frame); return; }
    if (frame.snapshot) { held = frame.snapshot.slice().reverse(); }
    else { held = held.concat(frame.events).slice(-ROWS_MAX); }
    look();
  }
  function open() {
    timer = null;
    socket = new WebSocket(location.origin.replace(/^http/, "ws") + place.dataset.socket);
    socket.onopen = function () { failures = 0; look(); };
    socket.onmessage = hear;
    socket.onclose = function (event) {
      socket = null;
      look();
      if ([4401, 4403, 4404].indexOf(event.code) >= 0) { say("away", "not allowed: load the page again"); return; }
      if (!document.hidden) { timer = setTimeout(open, WAITS[Math.min(failures++, WAITS.length - 1)]); }
    };
  }
  button.addEventListener("click", function () {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.querySelector("span").textContent = paused ? "Go on" : "Pause";
    if (!paused) { take({ events: held }); held = []; }
    look();
  });
  document.addEventListener("visibilitychange", function () {
    if (document.hidden && socket) { socket.close(); }
    else if (!document.hidden && !socket && !timer) { open(); }
  });
  open();
})();
