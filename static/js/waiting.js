/* What every page does about marks that wait: counts them in the bar, lists them, signs in again in place, and asks before signing out.
   Pages kept for a time without network are the worker's (worker.js); here they say that they are kept. */
"use strict";

(() => {
  const { store, outbox, words } = window.muster;
  const byId = (id) => document.getElementById(id);
  const SIGN_OUT = 'form[action="/accounts/logout/"]';

  if ("serviceWorker" in navigator) {
    const keeps = Boolean(document.querySelector("[data-marks]"));
    if (store.user) {
      navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready).then(({ active }) => {
        // a page that was loaded before there was a worker did not pass through it
        if (keeps && !performance.getEntriesByType("navigation")[0]?.workerStart) active.postMessage({ keep: window.location.href });
      }).catch(() => {}); // a browser that allows no worker still marks, as long as the page is open
    }
  }
  if (!store.user) return;

  // ---- the count, and the list behind it

  const button = byId("outbox-count");
  const list = byId("outbox-list");
  const signIn = byId("outbox-signin");
  const signOut = byId("outbox-signout");
  let told = ""; // the status that was said last

  function count() {
    const n = outbox.marks.length;
    const text = words(n === 1 ? "count-one" : "count", { n });
    button.hidden = !n;
    if (n && button.lastElementChild.textContent !== text) button.lastElementChild.textContent = text;
    if (list.open) fill();
    if (!n && list.open) list.close();
    const notice = { other: "notice-other", signin: "notice-signin" }[n && outbox.status];
    const place = byId("outbox-notice");
    const drawn = JSON.stringify([notice, n]);
    if (place.dataset.drawn === drawn) return;
    place.dataset.drawn = drawn;
    place.replaceChildren(...(notice ? [words.state(notice, { n })] : []));
    if (notice && notice !== told) byId("outbox-said").textContent = place.firstElementChild.firstChild.data.trim();
    told = notice;
  }
  document.addEventListener("muster:changed", count);

  function why(mark) {
    if (mark.state === "conflict") {
      const { theirs } = mark.answer;
      return words.state(theirs.by ? "conflict" : "changed", { key: mark.key, by: theirs.by, at: theirs.at, theirs: theirs.words || words("nothing"), mine: mark.words });
    }
    if (mark.state === "refused") {
      const said = words.state("refused", { key: mark.key });
      said.querySelector("[data-why]").textContent = Object.values(mark.answer.errors).flat().join(" ");
      return said;
    }
    if (mark.state === "locked") return words.state(`locked-${mark.answer.code === 403 ? "role" : "gone"}`, { key: mark.key });
    return words.state({ sending: "saving", idle: "saving" }[outbox.status] || outbox.status, {});
  }

  function whyOnly(mark) { // the row has its own button to discard
    const said = why(mark);
    said.querySelector('[data-does="discard"]')?.remove();
    return said;
  }

  function fill() {
    const drawn = JSON.stringify([outbox.status, outbox.marks.map((one) => [one.key, one.state])]);
    const rows = list.querySelector("ul");
    if (rows.dataset.drawn === drawn) return;
    rows.dataset.drawn = drawn;
    rows.replaceChildren(...outbox.marks.map((mark) => {
      const row = words.state("waiting-row", { what: `${mark.label}: ${mark.words || words("cleared-word")}`, key: mark.key });
      const link = row.querySelector("a");
      link.href = mark.page;
      link.textContent = mark.sheet;
      row.querySelector("[data-why]").replaceChildren(whyOnly(mark));
      return row;
    }));
  }
  button.addEventListener("click", () => { list.showModal(); fill(); });
  for (const dialog of [list, signIn, signOut]) {
    for (const close of dialog.querySelectorAll("[data-close]")) close.addEventListener("click", () => dialog.close());
  }
  document.addEventListener("click", ({ target }) => {
    const does = target.closest?.("[data-does]")?.dataset.does;
    if (does === "signin") { list.close(); signIn.showModal(); }
    if (does === "send") outbox.retry();
  });
  store.others().then((n) => { if (n) byId("outbox-others").append(words.state(n === 1 ? "others-one" : "others", { n })); });

  // ---- signing in again, in place

  const problem = signIn.querySelector("[data-problem]");
  signIn.querySelector("form").addEventListener("submit", async (heard) => {
    heard.preventDefault();
    problem.replaceChildren();
    const body = new URLSearchParams(new FormData(heard.target));
    try {
      const { code, said } = await outbox.ask("/accounts/login/", { method: "POST", body, headers: { "X-CSRFToken": outbox.signInToken } });
      if (code === 200 && said?.location) {
        heard.target.reset();
        await outbox.retry();
        if (outbox.status !== "signin") { signIn.close(); return; }
        problem.replaceChildren(words.state("problem-more")); // a second factor
        problem.querySelector("a").href = said.location;
        return;
      }
      const told = said?.form ? [...said.form.errors, ...Object.values(said.form.fields).flatMap((one) => one.errors)] : [];
      problem.textContent = told.join(" ") || words(code === 429 ? "problem-often" : "problem-failed");
      if (!told.length) outbox.retry(); // a fresh token, for the next try
    } catch {
      problem.textContent = words("problem-failed");
    }
    signIn.querySelector("[name=password]").select();
  });

  // ---- signing out, with marks that nobody has yet

  let leaving = null; // the form that was sent

  async function leave() {
    outbox.stop();
    await store.clear();
    const names = await (window.caches?.keys() ?? []);
    await Promise.all(names.filter((one) => one.startsWith("sheets-")).map((one) => window.caches.delete(one)));
    leaving.submit();
  }

  document.addEventListener("submit", async (heard) => {
    if (!heard.target.matches(SIGN_OUT)) return;
    heard.preventDefault();
    await outbox.read();
    leaving = heard.target;
    if (!outbox.marks.length) { leave(); return; }
    ask();
    signOut.showModal();
  });
  function ask() { signOut.querySelector("[data-asked]").textContent = words(outbox.marks.length === 1 ? "signout-one" : "signout", { n: outbox.marks.length }); }
  signOut.querySelector("[data-send]").addEventListener("click", async () => {
    await outbox.retry();
    if (!outbox.marks.length) { leave(); return; }
    ask();
    signOut.querySelector("[data-problem]").textContent = words("signout-left");
  });
  signOut.querySelector("[data-discard]").addEventListener("click", leave);

  // ---- leaving. Within Muster the next page sends on. Whoever leaves Muster altogether is warned: until it is opened again on this
  // very device, nobody sees what waits here. Where the browser keeps nothing, every way out loses it, and every way out warns.

  let inside = 0;
  const within = (address) => { try { return new URL(address, document.baseURI).origin === window.location.origin; } catch { return false; } };
  document.addEventListener("click", ({ target }) => { const link = target.closest?.("a[href]"); if (link && within(link.href)) inside = Date.now(); });
  document.addEventListener("submit", ({ target }) => { if (within(target.action)) inside = Date.now(); });
  window.navigation?.addEventListener("navigate", (heard) => { if (within(heard.destination.url)) inside = Date.now(); });
  window.addEventListener("beforeunload", (heard) => {
    if (!outbox.marks.length) return;
    if (store.lasting && Date.now() - inside < 1000) return;
    heard.preventDefault();
  });

  // ---- a kept copy says so

  const kept = Date.parse(document.documentElement.dataset.kept || "");
  if (kept) {
    const at = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }).format(kept);
    byId("outbox-kept").append(words.state(navigator.onLine ? "kept-slow" : "kept", { at }));
  }
})();
