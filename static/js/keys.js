/* Marks by keyboard, and the bar of a grid. In rows: up and down between rows, a letter marks, space clears.
   In a grid: arrows between cells, the same letters, Enter for score and reason, Esc back to the cell. */
"use strict";

(() => {
  const { sheet, words } = window.muster;
  if (!sheet || !document.querySelector("[data-marks]")) return;
  const { RADIO, FIELD, bar, press, flush, restore, draw, valueOf, nameOf, sheetOf, cellAt, inGrid, isChosen, focusOn, lastOf } = sheet;
  const LETTERS = { g: "go", n: "no_go" };
  const isTyping = (target) => target.matches("input:not([type=radio], [type=checkbox]), textarea, select");
  const byHand = (heard) => !(heard.ctrlKey || heard.metaKey || heard.altKey);

  for (const help of document.querySelectorAll("[data-keys]")) help.hidden = false;

  document.addEventListener("keydown", (heard) => {
    const { target, key } = heard;
    const cell = target.closest?.("[data-marks] [data-cell]");
    if (!cell || inGrid(cell) || !byHand(heard) || target.matches(`${FIELD}[type=radio]`)) return;
    const typing = isTyping(target);
    if (key === "ArrowUp" || key === "ArrowDown") {
      if (target.matches("textarea, select, [type=number], [type=date]")) return;
      const all = [...sheetOf(cell).querySelectorAll("[data-cell]")];
      const next = all[all.indexOf(cell) + (key === "ArrowDown" ? 1 : -1)];
      heard.preventDefault(); // a radio would choose another value
      if (next) focusOn(next, target);
    } else if (key === "Enter" && typing && !target.matches("textarea")) {
      heard.preventDefault(); // not the whole form
      focusOn(cell); // the field tells of its change as it is left
      flush(cell);
    } else if (key === "Escape" && cell.dataset.dirty) {
      restore(cell);
      focusOn(cell);
    } else if (!typing && !target.closest("button, a, summary")) {
      const radio = key === " " ? cell.querySelector('input[type=radio][value=""]') : cell.querySelector(`[data-value-key="${CSS.escape(key.toLowerCase())}"]`);
      if (key !== " " && !radio) return;
      heard.preventDefault();
      if (!radio || radio.disabled || radio.value === valueOf(cell)) return;
      radio.checked = true;
      radio.focus();
      press(cell, radio.value);
    }
  });


  if (!bar) return;

  // ---- a grid: its cells are links to a page, which the bar takes the place of

  const cells = () => [...document.querySelectorAll("td [data-cell]")];
  const before = new Map(); // what the server drew in a cell, to draw it again
  const fields = () => [...bar.querySelectorAll(FIELD)];

  function enter(cell) {
    const kept = lastOf(cell);
    for (const field of fields()) field.value = kept[field.dataset.field] ?? "";
  }

  function choose(cell) {
    if (isChosen(cell)) return;
    bar.hidden = false;
    bar.dataset.of = cell.dataset.cell;
    for (const one of cells()) one.toggleAttribute("data-chosen", one === cell);
    const link = document.createElement("a");
    [link.href, link.textContent] = [cell.href, cell.dataset.label];
    bar.querySelector("[data-which]").replaceChildren(link);
    bar.querySelector("[data-field=score]").closest("label").hidden = cell.dataset.passMark === undefined;
    enter(cell);
    draw(cell);
    light(cell);
  }

  function light(cell) {
    for (const button of bar.querySelectorAll("button[data-value]")) button.setAttribute("aria-pressed", String(button.dataset.value === valueOf(cell)));
  }

  function paint(cell) {
    const value = valueOf(cell);
    const badge = cell.querySelector("[data-badge]");
    const was = before.get(cell);
    if (value === was.value) cell.replaceChildren(...was.nodes.map((one) => one.cloneNode(true)));
    else {
      const look = sheetOf(cell).querySelector(`template[data-value="${CSS.escape(value)}"]`);
      cell.replaceChildren(look ? look.content.cloneNode(true) : words.state("unmarked"));
    }
    if (badge) cell.append(badge);
    const name = `${cell.dataset.label}: ${value ? nameOf(cell, value) : words("nothing")}`;
    cell.title = name;
    if (isChosen(cell)) light(cell);
  }

  for (const cell of cells()) before.set(cell, { value: valueOf(cell), nodes: [...cell.childNodes].map((one) => one.cloneNode(true)) });
  document.addEventListener("muster:shown", ({ target }) => { if (before.has(target)) paint(target); });

  document.addEventListener("focusin", ({ target }) => { if (before.has(target)) choose(target); });
  document.addEventListener("click", (heard) => {
    const cell = heard.target.closest?.("td [data-cell]");
    if (cell && byHand(heard) && !heard.shiftKey) { heard.preventDefault(); cell.focus(); choose(cell); }
    const button = heard.target.closest?.("[data-mark-bar] button[data-value]");
    if (button && bar.dataset.of) press(cellAt(button), button.dataset.value);
  });

  function step(cell, down, right) {
    const rows = [...cell.closest("table").tBodies].flatMap((one) => [...one.rows]);
    let row = rows.indexOf(cell.closest("tr")) + down;
    let column = cell.closest("td").cellIndex + right;
    for (; rows[row]?.cells[column]?.tagName === "TD"; row += down, column += right) {
      const next = rows[row].cells[column].querySelector("[data-cell]");
      if (next) return next;
    }
    return null;
  }

  const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  document.addEventListener("keydown", (heard) => {
    const { target, key } = heard;
    const cell = cellAt(target);
    if (!cell || !inGrid(cell) || !byHand(heard)) return;
    if (target === cell) {
      const value = key === " " ? "" : LETTERS[key.toLowerCase()];
      if (ARROWS[key]) step(cell, ...ARROWS[key])?.focus();
      else if (key === "Enter") fields().find((one) => !one.closest("[hidden]")).focus();
      else if (value === undefined) return;
      else if (value !== valueOf(cell)) press(cell, value);
      heard.preventDefault();
    } else if (key === "Escape") {
      restore(cell);
      enter(cell);
      cell.focus();
    } else if (key === "Enter" && target.matches(FIELD)) {
      heard.preventDefault();
      cell.focus();
      flush(cell);
    }
  });
})();
