/* Small help for pages that already work without it. */
"use strict";

// A failed or late request keeps what was typed and says so; Retry sends the same thing again, key and all.
function tell(text, retry) {
  const place = document.getElementById("failure");
  const words = place.dataset;
  place.replaceChildren();
  const box = document.createElement("div");
  box.className = "notice error";
  box.append(text === "late" ? words.late : words.failed, " ");
  const button = document.createElement("button");
  button.className = "btn small";
  button.type = "button";
  button.textContent = words.retry;
  button.addEventListener("click", () => { place.replaceChildren(); retry(); });
  box.append(button);
  place.append(box);
}

for (const [event, text] of [["htmx:sendError", "failed"], ["htmx:timeout", "late"], ["htmx:responseError", "failed"]]) {
  document.addEventListener(event, (heard) => {
    const { elt, requestConfig } = heard.detail;
    tell(text, () => window.htmx.ajax(requestConfig.verb, requestConfig.path, {
      source: elt, target: heard.detail.target, values: requestConfig.parameters,
    }));
  });
}
document.addEventListener("htmx:afterRequest", (heard) => {
  if (heard.detail.successful) document.getElementById("failure").replaceChildren();
});

// An errors summary takes the focus; Escape and a click elsewhere close a menu.
const errors = document.querySelector("[data-takes-focus]");
if (errors) errors.focus();
document.addEventListener("keydown", (heard) => {
  if (heard.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});
document.addEventListener("click", (heard) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(heard.target)) menu.open = false;
});

// Where the open tab or the chosen status of the legend is out of sight, it is scrolled to.
for (const one of document.querySelectorAll(".tabs, .dense .chips")) {
  const here = one.querySelector("[aria-current]");
  if (!here) continue;
  const from = here.offsetLeft - one.offsetLeft;
  if (from + here.offsetWidth > one.clientWidth) one.scrollLeft = from - 24;
}

// "Print", "copy", "full screen" and "tick all" are offered only where a script can do them.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.done;
  });
}

// A presented briefing fills the screen when asked to; Escape leaves first the full screen, which browsers do themselves, then the
// presentation.
const leave = document.querySelector("[data-leave]");
for (const button of document.querySelectorAll("[data-full-screen]")) {
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", () => document.documentElement.requestFullscreen());
}
if (leave) {
  document.addEventListener("keydown", (heard) => {
    if (heard.key === "Escape" && !document.querySelector("details.menu[open]")) leave.click();
  }, true);
}
for (const box of document.querySelectorAll("[data-tick-all]")) {
  box.hidden = false;
  box.addEventListener("change", () => {
    for (const one of document.querySelectorAll(`input[type=checkbox][name="${box.dataset.tickAll}"]`)) one.checked = box.checked;
  });
}

// A passkey that does not answer is told of (allauth's script says so).
document.addEventListener("allauth.error", () => { document.getElementById("passkey-problem").hidden = false; });

// What is downloaded is what stands on the page, also after htmx has narrowed it; and the menu closes.
document.addEventListener("htmx:pushedIntoHistory", () => {
  for (const link of document.querySelectorAll("a[data-download]")) {
    const now = new URL(window.location.href);
    now.searchParams.delete("page");
    for (const name of ["format", "table"]) {
      const value = new URL(link.href).searchParams.get(name);
      if (value) now.searchParams.set(name, value);
    }
    link.href = now.search;
  }
});
document.addEventListener("click", ({ target }) => {
  if (target.closest("a[data-download]")) target.closest("details").open = false;
});
