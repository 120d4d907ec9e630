/* What the scripts say, in the words that components/outbox.html holds: {slots} in its templates are filled in. */
"use strict";

window.muster.words = (() => {
  const kept = document.getElementById("outbox-words")?.content;

  function piece(name, slots = {}) {
    const found = kept?.querySelector(`[data-name="${name}"]`);
    if (!found) return document.createElement("span");
    const made = found.cloneNode(true);
    made.removeAttribute("data-name");
    const walk = document.createTreeWalker(made, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) walk.currentNode.data = walk.currentNode.data.replace(/\{(\w+)\}/g, (_all, slot) => slots[slot] ?? "");
    for (const slot of made.querySelectorAll("[data-slot]")) slot.textContent = slots[slot.dataset.slot] ?? "";
    if (slots.key) for (const button of made.querySelectorAll("[data-does]")) button.dataset.key = slots.key;
    return made;
  }

  const words = (name, slots) => piece(name, slots).textContent.trim();
  words.state = piece;

  /* Tell whoever listens rather than looks. */
  words.say = (name, slots) => { document.getElementById("outbox-said").textContent = words(name, slots); };
  /* Tell everybody, at once. */
  words.warn = (name, slots) => document.getElementById("failure").replaceChildren(piece(name, slots));
  return words;
})();
