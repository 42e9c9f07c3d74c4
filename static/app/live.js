/* The live page: one socket; a snapshot, then frames of events. The kept events are what counts; rows are drawn from them, as text. */
(function () {
  "use strict";
  var ROWS_MAX = 200, HELD_MAX = 1000, WAITS = [500, 1000, 2000, 5000, 10000], REFUSED = [4401, 4403, 4404], NAMES_MS = 10000;
  function by(id) { return document.getElementById(id); }
  var place = by("live"), body = by("live-rows"), list = body.parentElement, mould = by("live-row"), pill = by("live-state");
  var button = by("live-pause"), result = by("live-result"), who = by("live-who");
  var words = JSON.parse(by("live-words").textContent), namesAt = 0;
  var kept = new Map(), held = [], fresh = 0, paused = false, pointed = false;
  var socket = null, failures = 0, timer = null, refused = false;

  /* ---- What a row says */
  function name(id) {
    if (words.names[id] === undefined) { learnNames(); }
    return words.names[id] || "—";
  }
  function amount(money) {
    if (!money) { return "—"; }
    var number = Number(money.amount).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    return money.currency === "USD" ? "$" + number : number + " " + money.currency;
  }
  function owner(event) { return event.kind === "bid" ? event.campaign_id : event.kind === "ping" ? event.source_id : event.publisher_id; }
  function why(event) {
    var parts = [event.reason !== event.status && event.reason, event.detail];
    return parts.filter(Boolean).join(": ").replace(/_/g, " ");
  }
  function cells(event) {
    return {
      time: event.at.slice(11, 19), reason: why(event), who: name(owner(event)),
      winner: (event.winner_ids || []).map(name).join(", ") || "—", lead: words.labels[event.vertical] || event.vertical,
      place: [event.state, event.zip3 && event.zip3 + "••"].filter(Boolean).join(" "), bids: event.bids, ms: event.ms.toFixed(1),
      score: event.score === null ? "—" : event.score, bid: amount(event.bid), amount: amount(event.kind === "ping" ? event.payout : event.price)
    };
  }
  function look(status) {
    var found = place.querySelector('[data-look="' + status + '"]');
    return found ? found.content.cloneNode(true) : document.createTextNode(status.replace(/_/g, " "));
  }
  function draw(one) {
    var event = one.event, said = cells(event), row = one.row;
    row.querySelectorAll("[data-cell]").forEach(function (cell) {
      if (cell.dataset.cell === "status") { cell.replaceChildren(look(event.status)); }
      else { cell.textContent = said[cell.dataset.cell]; cell.classList.toggle("none", cell.textContent === "—"); }
    });
    row.querySelector("[data-cell=reason]").title = words.sentences[event.reason] || "";
    /* A campaign that did not bid took no part: there is no decision to open. */
    if (event.status !== "filtered") { row.querySelector("a").href = place.dataset.decisions + event.ping_id; }
    row.dataset.key = event.key;
    row.dataset.now = event.status;
    row.hidden = !passes(event);
  }

  /* ---- Rows */
  function merge(event, isNew) {
    var one = kept.get(event.key);
    if (!one && !event.at) { return; }  /* It ends a row that is not shown: the server merges it into one still to come. */
    if (one && event.at && one.event.ended_at && !event.ended_at) { return; }  /* The same auction, told twice. */
    if (!one) {
      one = { event: {}, row: mould.content.firstElementChild.cloneNode(true) };
      kept.set(event.key, one);
      body.prepend(one.row);
    }
    one.event = Object.assign({}, one.event, event);
    draw(one);
    if (isNew) { shine(one.row); }
  }
  function shine(row) {
    row.classList.remove("fresh");
    void row.offsetWidth;  /* Read, so that the browser begins the animation again. */
    row.classList.add("fresh");
  }
  function take(events, isNew) {
    events.forEach(function (event) { merge(event, isNew); });
    while (kept.size > ROWS_MAX) { drop(); }
    count();
  }
  /* The oldest goes, first of those that no filter shows. */
  function drop() {
    var hidden = body.querySelectorAll("tr[hidden]"), last = hidden.length ? hidden[hidden.length - 1] : body.lastElementChild;
    kept.delete(last.dataset.key);
    last.remove();
  }
  function begin(rows) {
    kept.clear();
    body.replaceChildren();
    take(rows.slice().reverse(), false);
  }
  function count() {
    var shown = 0;
    kept.forEach(function (one) { shown += !one.row.hidden; });
    by("live-empty").hidden = kept.size > 0;
    by("live-none").hidden = kept.size === 0 || shown > 0;
    by("live-count").textContent = shown + (shown === kept.size ? "" : " of " + kept.size) + " rows";
  }

  /* ---- Filters */
  function passes(event) {
    var whose = [owner(event)].concat(event.winner_ids || []);
    var wanted = result.value === "bids" ? event.status !== "filtered" : !result.value || result.value === event.status;
    return wanted && (!who.value || whose.indexOf(who.value) >= 0);
  }
  function sift() {
    kept.forEach(function (one) { one.row.hidden = !passes(one.event); });
    count();
  }
  /* Something was made after this page was: read the names again, not more often than every few seconds. */
  function learnNames() {
    if (Date.now() - namesAt < NAMES_MS) { return; }
    namesAt = Date.now();
    fetch(location.href).then(function (answer) { return answer.text(); }).then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html"), chosen = who.value;
      words = JSON.parse(page.getElementById("live-words").textContent);
      who.replaceChildren.apply(who, Array.from(page.getElementById("live-who").children));
      who.value = chosen;
      kept.forEach(draw);
    }).catch(function () { /* The next unknown name asks again. */ });
  }

  /* ---- The socket, and holding it back */
  function hear(message) {
    var frame = JSON.parse(message.data);
    if (paused || pointed) { hold(frame); }
    else if (frame.snapshot) { begin(frame.snapshot); }
    else { take(frame.events, true); }
    say();
  }
  function hold(frame) {
    var events = frame.events || frame.snapshot.slice().reverse();
    events.forEach(function (event) { fresh += Boolean(event.at) && !kept.has(event.key) && !held.some(function (one) { return one.key === event.key; }); });
    fresh += frame.skipped || 0;
    held = held.concat(events).slice(-HELD_MAX);
  }
  function release() {
    if (paused || pointed) { return; }
    take(held, true);
    held = [];
    fresh = 0;
    say();
  }
  function state() {
    if (refused) { return ["bad", "away", "not allowed: load the page again"]; }
    if (!socket || socket.readyState !== 1) { return ["bad", "away", "reconnecting"]; }
    if (paused) { return ["warn", "paused", "Paused, " + fresh + " new"]; }
    if (pointed && fresh) { return ["warn", "paused", "Held, " + fresh + " new"]; }
    return ["ok", "live", "live"];
  }
  function say() {
    var now = state();
    pill.className = "pill pill-" + now[0];
    pill.lastElementChild.textContent = now[2];
    /* Read aloud when the state changes, not with each number. */
    if (pill.dataset.connection !== now[1]) { by("live-said").textContent = now[2]; }
    pill.dataset.connection = now[1];
  }
  function open() {
    timer = null;
    socket = new WebSocket(location.origin.replace(/^http/, "ws") + place.dataset.socket);
    socket.onopen = function () { failures = 0; say(); };
    socket.onmessage = hear;
    socket.onclose = function (event) {
      socket = null;
      refused = REFUSED.indexOf(event.code) >= 0;
      say();
      if (!refused && !document.hidden) { timer = setTimeout(open, WAITS[Math.min(failures++, WAITS.length - 1)]); }
    };
  }
  function pause() {
    paused = !paused;
    button.lastElementChild.textContent = paused ? "Go on" : "Pause";
    button.querySelector("use").setAttribute("href", button.querySelector("use").getAttribute("href").replace(/#.*/, paused ? "#play" : "#pause"));
    release();
    say();
  }

  button.addEventListener("click", pause);
  [result, who].forEach(function (field) { field.addEventListener("change", sift); });
  list.addEventListener("pointerenter", function (event) { pointed = event.pointerType === "mouse"; });
  list.addEventListener("pointerleave", function () { pointed = false; release(); });
  document.addEventListener("keydown", function (event) {
    var busy = event.target.closest("a, button, input, select, textarea, summary, [contenteditable]") || document.querySelector("dialog[open]");
    if (event.key !== " " || busy || event.repeat || event.ctrlKey || event.altKey || event.metaKey) { return; }
    event.preventDefault();
    pause();
  });
  body.addEventListener("click", function (event) {
    var link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
    event.preventDefault();
    window.htmx.ajax("GET", link.getAttribute("href"), { target: "#drawer-body" });
  });
  document.addEventListener("visibilitychange", function () {
    if (document.hidden) { clearTimeout(timer); timer = null; if (socket) { socket.close(); } }
    else if (!socket && !timer && !refused) { open(); }
  });
  by("live-tools").hidden = by("live-filters").hidden = false;
  open();
})();
