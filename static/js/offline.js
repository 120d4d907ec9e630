/* The page that stands in for one that cannot be had: which sheets are kept here, and the way back. */
"use strict";

(async () => {
  document.querySelector("[data-again]")?.addEventListener("click", () => window.location.reload());
  const list = document.querySelector("[data-kept-sheets]");
  if (!list || !window.caches) return;
  for (const name of await caches.keys()) {
    if (!name.startsWith("sheets-")) continue;
    const sheets = await caches.open(name);
    for (const request of await sheets.keys()) {
      const text = await (await sheets.match(request)).text();
      const { title } = new DOMParser().parseFromString(text, "text/html");
      const [row, link] = [document.createElement("li"), document.createElement("a")];
      const { pathname, search } = new URL(request.url);
      link.href = pathname + search;
      link.textContent = title.split(" · ")[0].trim() || pathname;
      row.append(link);
      list.append(row);
    }
  }
  list.closest("section").hidden = !list.children.length;
})();
