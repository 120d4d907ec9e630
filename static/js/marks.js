/* A sheet of marks: rows with radios, or the cells of a grid. Each mark goes to the outbox at once, its state stands beside it.
   The markup is told in docs/developers.md: data-marks, data-cell, data-field, data-common, data-state, data-count. */
"use strict";

(() => {
  const { store, outbox, words } = window.muster;
  if (!store.user) return;
  const loaded = Date.parse(document.documentElement.dataset.kept || "") || performance.timeOrigin;
  const latest = new Map(); // what the server said of a cell since the page was made
  const RADIO = "input[type=radio]:not([data-field])"; // of the value; steps have radios too
  const FIELD = "[data-field]";

  const bar = document.querySelector("[data-mark-bar]"); // below a grid: score, reason and state of the cell that was chosen
  const inGrid = (cell) => Boolean(cell.closest("td"));
  const isChosen = (cell) => bar?.dataset.of === cell.dataset.cell;
  const about = (cell) => (inGrid(cell) ? (isChosen(cell) ? bar : null) : cell); // where its fields and its state stand

  const sheetOf = (cell) => cell.closest("[data-marks]");
  const cellOf = (address) => document.querySelector(`[data-cell="${CSS.escape(address)}"]`);
  const cells = () => document.querySelectorAll("[data-marks] [data-cell]");
  const cellAt = (target) => target?.closest?.("[data-marks] [data-cell]") || (bar?.contains(target) && cellOf(bar.dataset.of || "")) || null;
  const fieldsOf = (cell) => [...(about(cell)?.querySelectorAll(FIELD) ?? [])];
  const holds = (field) => (field.matches("[type=checkbox]") ? (field.checked ? field.value : "") : field.value);

  // ---- what a cell shows

  function valueOf(cell) {
    return cell.dataset.value || "";
  }

  function nameOf(cell, value) {
    const sheet = sheetOf(cell);
    return sheet.querySelector(`template[data-value="${CSS.escape(value)}"]`)?.content.textContent.trim()
      || cell.querySelector(`${RADIO}[value="${CSS.escape(value)}"]`)?.closest("label")?.textContent.trim() || value;
  }

  function show(cell, value, fields = {}) {
    cell.dataset.value = value;
    for (const radio of cell.querySelectorAll(RADIO)) radio.checked = radio.value === value;
    for (const field of fieldsOf(cell)) {
      const kept = fields[field.dataset.field];
      if (kept === undefined || field === document.activeElement) continue;
      if (field.matches("[type=radio], [type=checkbox]")) field.checked = field.value === kept;
      else field.value = kept;
    }
    cell.dispatchEvent(new CustomEvent("muster:shown", { bubbles: true }));
  }

  function complain(cell, errors) {
    const place = about(cell);
    if (!place) return [];
    for (const old of place.querySelectorAll("[data-complaint]")) old.remove();
    for (const field of place.querySelectorAll("[aria-invalid]")) { field.removeAttribute("aria-invalid"); field.removeAttribute("aria-describedby"); }
    const left = [];
    for (const [name, texts] of Object.entries(errors)) {
      const field = place.querySelector(`[data-field="${CSS.escape(name)}"]`);
      if (!field) { left.push(...texts); continue; }
      for (let out = field.closest("[hidden], details:not([open])"); out && place.contains(out); out = field.closest("[hidden], details:not([open])")) {
        if (out.matches("details")) out.open = true;
        out.hidden = false;
      }
      const text = document.createElement("span");
      text.className = "invalid-feedback";
      text.dataset.complaint = name;
      text.id = `complaint-${name}-${cell.dataset.cell.replace(/\W+/g, "-")}`;
      text.textContent = texts.join(" ");
      field.after(text);
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", text.id);
    }
    return left;
  }

  /* What was last entered beside a mark, as far as this browser knows. */
  const lastOf = (cell) => outbox.marks.filter((one) => one.cell === cell.dataset.cell).at(-1)?.fields ?? latest.get(cell.dataset.cell)?.fields ?? {};

  /* The state of a cell in words: the name of a template of components/outbox.html, and what stands in it. */
  function stateOf(cell, mark, known) {
    if (!mark) {
      if (!known?.at) return ["", {}];
      return [known.value === "" ? "cleared" : known.note ? "saved-note" : "saved", { at: known.at, note: known.note }];
    }
    if (mark.state === "conflict") {
      const { theirs } = mark.answer;
      const [name, mine] = [theirs.words || nameOf(cell, theirs.value) || words("nothing"), nameOf(cell, mark.value)];
      return [theirs.by ? "conflict" : "changed", { by: theirs.by, at: theirs.at, theirs: name, mine, key: mark.key }];
    }
    if (mark.state === "refused") return ["refused", { key: mark.key }];
    if (mark.state === "locked") return [`locked-${mark.answer.code === 403 ? "role" : "gone"}`, { key: mark.key }];
    if (["signin", "other", "offline"].includes(outbox.status)) return [outbox.status, {}];
    if (outbox.status === "failed") return [outbox.wasTried(mark.key) ? "failed" : "waiting", {}];
    return ["saving", {}];
  }

  function draw(cell) {
    const address = cell.dataset.cell;
    const mark = outbox.marks.filter((one) => one.cell === address).at(-1);
    const known = latest.get(address);
    if (!mark && cell.dataset.dirty && cell.dataset.is === "score") return; // begun, and not sent: it goes on asking
    if (mark) show(cell, mark.value, mark.fields);
    const [state, slots] = stateOf(cell, mark, known);
    const left = complain(cell, mark?.state === "refused" ? mark.answer.errors : {});
    put(cell, state, slots, left);
  }

  /* Write the state beside the mark, unless it stands there already: a button that has the focus stays the same button. */
  function put(cell, state, slots, left = []) {
    cell.dataset.is = state.split("-")[0];
    if (inGrid(cell)) badge(cell, state, slots);
    const place = about(cell)?.querySelector("[data-state]");
    if (!place) return;
    const drawn = JSON.stringify([state, slots, left]);
    if (place.dataset.drawn === drawn) return;
    if (!state && !place.dataset.drawn) return; // what the server wrote there
    place.dataset.drawn = drawn;
    const had = place.contains(document.activeElement);
    place.replaceChildren(...(state ? [words.state(state, slots)] : []));
    if (state === "refused") place.querySelector("[data-why]")?.append(left.join(" "));
    if (had) focusOn(cell, null, true); // the button that was pressed is gone: the row it was in has the focus
  }

  /* In a grid, the sign of the state alone stands in the cell; its words are in the bar, and for whoever listens. */
  function badge(cell, state, slots) {
    cell.querySelector("[data-badge]")?.remove();
    if (!state || state === "cleared" || state.startsWith("saved")) return;
    const [sign, said] = [document.createElement("span"), words.state(state, slots)];
    sign.dataset.badge = state;
    for (const button of said.querySelectorAll("button")) button.remove();
    const text = document.createElement("span");
    text.className = "visually-hidden";
    text.textContent = said.textContent.trim();
    sign.append(said.querySelector("svg"), text);
    cell.append(sign);
  }

  function count() {
    for (const sheet of document.querySelectorAll("[data-marks]")) {
      const all = [...sheet.querySelectorAll("[data-cell]")];
      const marked = all.filter((one) => valueOf(one) && !["refused", "locked"].includes(one.dataset.is)).length; // those are not saved
      const counter = sheet.querySelector("[data-count]") || document.querySelector("[data-count]");
      if (counter?.dataset.words) counter.textContent = counter.dataset.words.replace("%(marked)s", marked).replace("%(all)s", all.length);
      const rest = sheet.querySelector("[data-for-unmarked]");
      if (rest) rest.hidden = all.every((one) => valueOf(one));
      const button = sheet.querySelector("[data-bulk-words]"); // marks whoever may be and is not
      if (!button) continue;
      const open = all.filter((one) => one.hasAttribute("data-bulk") && !valueOf(one)).length;
      button.textContent = button.dataset.bulkWords.replace("%(n)s", open);
      button.hidden = open === 0;
    }
  }

  function drawAll() {
    for (const cell of cells()) draw(cell);
    count();
  }

  /* The server has said how a cell stands: what is marked from now on has seen that. */
  function learn(known) {
    latest.set(known.cell, known);
    const cell = cellOf(known.cell);
    if (!cell) return;
    cell.dataset.seen = known.seen;
    if (!outbox.marks.some((one) => one.cell === known.cell)) show(cell, known.value, known.fields);
  }

  document.addEventListener("muster:changed", ({ detail }) => {
    const { cell: address, known, label, discarded, refused } = detail;
    const cell = address && cellOf(address);
    if (known) learn(known);
    if (cell && discarded) restore(cell);
    if (known && cell && label) words.say("said-saved", { label, value: known.words || words("cleared-word"), at: known.at });
    if (refused && cell) words.say(`said-${refused}`, { label });
    if (cell) { draw(cell); count(); } else drawAll();
  });

  // ---- marking

  /* A GO against a pass mark needs its score: the field takes the focus, and the mark goes with it when the row is left. */
  function begun(cell, value) {
    const score = about(cell)?.querySelector('[data-field="score"]');
    if (value !== "go" || !score || score.value || (inGrid(cell) && cell.dataset.passMark === undefined)) return false;
    show(cell, value);
    cell.dataset.dirty = "yes";
    put(cell, "score", {});
    score.focus();
    return true;
  }

  /* Back to what stands, or waits: what was only begun is forgotten. */
  function restore(cell) {
    delete cell.dataset.dirty;
    const stands = outbox.marks.filter((one) => one.cell === cell.dataset.cell).at(-1) || latest.get(cell.dataset.cell);
    show(cell, stands ? stands.value : cell.dataset.was || "", stands?.fields);
    draw(cell);
  }

  /* What a tap or a key on a value does. */
  function press(cell, value) {
    if (!begun(cell, value)) mark(cell, value);
  }

  function mark(cell, value) {
    const sheet = sheetOf(cell);
    const fields = {};
    for (const one of sheet.querySelectorAll("[data-common]")) fields[one.dataset.common] = holds(one);
    for (const field of fieldsOf(cell)) {
      if (field.matches("[type=radio]:not(:checked)")) continue;
      if (field.dataset.leftOut !== undefined && !field.value) continue; // a kept page does not have it: it stays as it stands
      fields[field.dataset.field] = holds(field);
    }
    cell.dataset.was ??= valueOf(cell);
    delete cell.dataset.dirty;
    show(cell, value);
    put(cell, "saving", {});
    return outbox.add({
      cell: cell.dataset.cell, name: sheet.dataset.name, value, fields, seen: cell.dataset.seen || "",
      drawn: Number(cell.dataset.drawn) || loaded, label: cell.dataset.label, words: nameOf(cell, value),
      page: window.location.pathname + window.location.search, sheet: document.title.split(" · ")[0],
    });
  }

  document.addEventListener("change", ({ target }) => {
    const cell = cellAt(target);
    if (!cell) return;
    if (target.matches(RADIO)) press(cell, target.value);
    else if (target.matches(FIELD)) cell.dataset.dirty = "yes"; // typing a reason is not a mark of its own: see flush
  });

  /* Send what was entered beside a mark that stands: when its row is left, unless the next mark of the row has taken it along. */
  function flush(cell) {
    if (cell.dataset.dirty && valueOf(cell)) mark(cell, valueOf(cell));
  }

  let pressed = null; // what a finger is on: focus leaves a field before the tap on its own row's radio is heard
  document.addEventListener("pointerdown", ({ target }) => {
    pressed = target;
    for (const cell of document.querySelectorAll("[data-cell][data-dirty]")) if (cellAt(target) !== cell) flush(cell);
  }, true);
  document.addEventListener("keydown", () => { pressed = null; }, true);
  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    const cell = cellAt(target);
    if (cell && cellAt(relatedTarget) !== cell && !(relatedTarget === null && cellAt(pressed) === cell)) flush(cell);
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) for (const cell of cells()) flush(cell); });

  document.addEventListener("click", ({ target }) => {
    const does = target.closest?.("[data-does]")?.dataset;
    if (!does) return;
    if (does.does === "retry") outbox.retry();
    if (does.does === "theirs") outbox.keepTheirs(does.key);
    if (does.does === "mine") outbox.recordMine(does.key);
    if (does.does === "discard") outbox.discard(does.key);
  });

  /* `still`: without scrolling to it, or the finger that is on another row now would mark whoever slides under it. */
  function focusOn(cell, like = null, still = false) {
    const radios = [...cell.querySelectorAll(RADIO)].filter((one) => !one.disabled);
    const same = like?.matches(FIELD) && cell.querySelector(`[data-field="${like.dataset.field}"]`);
    (same || radios.find((one) => one.checked) || radios[0] || cell).focus({ preventScroll: still });
  }

  // ---- at the beginning, and when htmx has drawn rows anew

  /* What was tapped before this script was there: the radio says so, and nobody has heard it. One that the server chose is the
     default; none is put back by the browser from an earlier visit, as the forms say autocomplete="off". */
  const tapped = (cell) => [...cell.querySelectorAll(RADIO)].find((one) => one.checked && !one.defaultChecked);

  async function begin(root = document) {
    const early = [];
    for (const cell of root.querySelectorAll?.("[data-cell]") ?? []) {
      cell.dataset.was = valueOf(cell);
      if (tapped(cell)) early.push([cell, tapped(cell).value]);
    }
    for (const known of await store.cells()) {
      const cell = cellOf(known.cell);
      if (cell && known.when > (Number(cell.dataset.drawn) || loaded)) learn(known);
    }
    await outbox.read();
    drawAll();
    for (const [cell, value] of early) press(cell, value);
  }

  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    for (const cell of detail.target.querySelectorAll("[data-cell]")) cell.dataset.drawn = String(Date.now());
    begin(detail.target);
  });

  /* What else is sent from a sheet (rest present, close, undo) looks at what the server has: so the marks go first. */
  document.addEventListener("submit", async (heard) => {
    const form = heard.target;
    if (form.method !== "post" || !document.querySelector("[data-marks]") || !form.closest("main") || form.dataset.sent) return;
    for (const cell of cells()) flush(cell);
    const here = (one) => cellOf(one.cell);
    if (!outbox.marks.some(here) && !outbox.sending) return;
    heard.preventDefault();
    heard.stopImmediatePropagation();
    await outbox.retry();
    if (outbox.marks.some(here)) { words.warn("first-send", { n: outbox.marks.filter(here).length }); return; }
    form.dataset.sent = "yes";
    form.requestSubmit(heard.submitter);
    delete form.dataset.sent;
  }, true);

  window.muster.sheet = { RADIO, FIELD, bar, press, flush, restore, draw, valueOf, nameOf, sheetOf, cellAt, inGrid, isChosen, focusOn, lastOf };
  for (const button of document.querySelectorAll("[data-marks] [data-plain]")) button.hidden = true; // each mark is saved at once
  if (document.querySelector("[data-marks]")) document.addEventListener("DOMContentLoaded", () => begin()); // when keys.js is there too
})();
