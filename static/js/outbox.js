/* Sends marks: each is put into the store first, then posted, one after the other, until the server has answered.
   A mark keeps the key it was made with, so that a second try after a lost answer is not a second mark. One that follows another in the
   same cell carries the key of that one as what it has seen. Whichever page is open sends; a lock keeps two tabs from both doing it. */
"use strict";

window.muster.outbox = (() => {
  const { store } = window.muster;
  const LATE = 15_000; // a request that takes longer is given up and tried again
  const LONGEST_PAUSE = 60_000;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`muster-${store.user}`) : null;

  let marks = []; // those that wait, as last read
  const coming = new Set(); // those on their way into the store
  let who = null; // whose token it is: a token of one person is refused once another has signed in
  let signInToken = "";
  let status = "idle"; // sending, offline, failed, signin, other
  let sending = ""; // the key of the mark on its way
  let failures = 0; // in a row
  let timer = 0;
  let running = null;
  let again = false;
  let over = false; // somebody signs out: nothing is sent or kept any more
  const tried = new Set();

  function tell(detail = {}) { document.dispatchEvent(new CustomEvent("muster:changed", { detail })); }
  function tellAll(detail = {}) { tell(detail); channel?.postMessage(detail); }
  function become(next) { if (status !== next) { status = next; tell(); } }

  async function write(decide, cell) {
    if (over) return null;
    const answer = await store.write(decide, cell);
    marks = answer.marks;
    return answer.said;
  }
  const read = () => write(() => null);
  const follower = (all, mark) => all.find((one) => one.cell === mark.cell && one.order > mark.order);

  // ---- what a page does

  /* Queue a mark: {cell, name, value, fields, seen, drawn, label, page, sheet}. `drawn` is when the page learned what it shows. */
  async function add(mark) {
    const made = { ...mark, key: crypto.randomUUID(), made: Date.now(), state: "waiting" };
    coming.add(made);
    await write((all, to, known) => {
      const last = all.filter((one) => one.cell === mark.cell).at(-1);
      let { seen } = made;
      if (last?.state === "waiting") seen = last.key;
      else if (last) { seen = last.seen; to.drop(last.key); } // refused: this one takes its place
      else if (known && known.when > mark.drawn) seen = known.seen;
      to.put({ ...made, seen, order: 1 + Math.max(0, ...all.map((one) => one.order)) });
    }, mark.cell).finally(() => coming.delete(made));
    tellAll({ cell: mark.cell });
    send();
  }

  async function discard(key) {
    const cell = await write((all, to) => {
      const mark = all.find((one) => one.key === key);
      if (!mark) return "";
      const next = follower(all, mark);
      if (next) to.put({ ...next, seen: mark.seen });
      to.drop(key);
      return mark.cell;
    });
    tellAll({ cell, discarded: true });
  }

  async function keepTheirs(key) {
    const detail = await write((all, to) => {
      const mark = all.find((one) => one.key === key);
      if (!mark) return {};
      const { theirs } = mark.answer;
      const known = { ...theirs, cell: mark.cell, fields: {}, when: Date.now() };
      to.drop(key);
      to.note(known);
      return { cell: mark.cell, known };
    });
    tellAll(detail);
  }

  async function recordMine(key) {
    const cell = await write((all, to) => {
      const mark = all.find((one) => one.key === key);
      if (!mark) return "";
      to.drop(key); // the key of what was refused is not used again for something else
      to.put({ ...mark, key: crypto.randomUUID(), seen: mark.answer.theirs.seen, state: "waiting", answer: null });
      return mark.cell;
    });
    tellAll({ cell });
    return send();
  }

  // ---- sending

  async function ask(address, options = {}) {
    const late = new AbortController();
    const clock = setTimeout(() => late.abort(), LATE);
    try {
      const response = await fetch(address, {
        ...options, headers: { Accept: "application/json", ...options.headers }, cache: "no-store", redirect: "error", signal: late.signal,
      });
      const said = response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : null;
      return { code: response.status, said };
    } finally {
      clearTimeout(clock);
    }
  }

  /* Who is signed in, with a fresh token. Gives back whether it is the person whose marks these are. */
  async function askWho() {
    const { code, said } = await ask("/accounts/whoami/");
    if (code === 401 && said?.signin) { signInToken = said.token; become("signin"); return false; }
    if (code !== 200 || !said?.token) throw new Error("no answer of Muster"); // the page of a hotel's network, a proxy's
    if (said.user !== store.user) { become("other"); return false; }
    who = said;
    return true;
  }

  function post(mark) {
    const body = new URLSearchParams({ ...mark.fields, key: mark.key, seen: mark.seen, [mark.name]: mark.value });
    return ask(mark.cell, { method: "POST", body, headers: { "X-CSRFToken": who.token } });
  }

  /* The server has decided: the mark leaves the queue, or stays there with what was said against it. */
  async function saved(mark, said) {
    const known = { ...said, cell: mark.cell, fields: mark.fields, when: Date.now() };
    await write((all, to) => { to.drop(mark.key); to.note(known); });
    tellAll({ cell: mark.cell, known, label: mark.label });
  }

  async function refused(mark, state, answer) {
    await write((all, to) => {
      if (!all.some((one) => one.key === mark.key)) return; // discarded meanwhile
      const next = follower(all, mark);
      if (!next) { to.put({ ...mark, state, answer }); return; }
      to.drop(mark.key); // what was marked after it counts instead, and has seen as much
      to.put({ ...next, seen: mark.seen });
    });
    tellAll({ cell: mark.cell, refused: state, label: mark.label });
  }

  async function settle(mark, { code, said }) {
    if (code === 200 && typeof said?.seen === "string" && "value" in said) await saved(mark, said);
    else if (code === 409 && said?.theirs) await refused(mark, "conflict", said);
    else if (code === 422 && said?.errors) await refused(mark, "refused", said);
    else if ([400, 403, 404, 410, 413].includes(code) && !said?.csrf) await refused(mark, "locked", { code });
    else return false;
    return true;
  }

  /* Send what waits, in order. Gives back whether something has to be tried again later. */
  async function round() {
    const passed = new Set(); // cells whose mark the server could not take this time: the others go on
    let renewed = false;
    await read();
    for (;;) {
      const mark = marks.find((one) => one.state === "waiting" && !passed.has(one.cell));
      if (!mark) return passed.size > 0;
      if (!who && !(await askWho())) return false;
      sending = mark.key;
      if (!failures) status = "sending"; // while it fails, it goes on saying so
      tell({ cell: mark.cell });
      const answer = await post(mark);
      tried.add(mark.key);
      if (!renewed && (answer.code === 401 || (answer.code === 403 && answer.said?.csrf))) {
        [renewed, who] = [true, null]; // signed out, or signed in anew, perhaps somebody else: ask who
      } else if (await settle(mark, answer)) [failures, renewed, status] = [0, false, "sending"];
      else passed.add(mark.cell);
    }
  }

  async function run() {
    clearTimeout(timer);
    let later = false;
    try {
      later = await round();
      if (later) { failures += 1; become("failed"); } else if (status === "sending" || status === "failed") status = "idle";
    } catch {
      later = true;
      failures += 1;
      if (sending) tried.add(sending);
      if (!navigator.onLine) become("offline");
      else if (failures > 1) become("failed"); // one lost answer alone is tried again at once, and not worth a word
    }
    sending = "";
    if (later && marks.some((one) => one.state === "waiting")) {
      const pause = failures < 2 ? 0 : Math.min(LONGEST_PAUSE, 1000 * 2 ** (failures - 2)) * (0.5 + Math.random() / 2);
      timer = setTimeout(send, pause);
    }
    tell();
  }

  /* Begin to send, or go on after what is on its way. Settles when there is nothing more to do for now. */
  function send() {
    if (!store.user || over) return Promise.resolve();
    if (running) { again = true; return running; }
    running = (async () => {
      do {
        again = false;
        await (navigator.locks ? navigator.locks.request(`muster-${store.user}`, run) : run());
      } while (again);
      running = null;
    })();
    return running;
  }

  function stop() { over = true; marks = []; clearTimeout(timer); }
  function retry() { failures = 0; become("sending"); return send(); }
  function wake() { if (marks.some((one) => one.state === "waiting")) retry(); }

  if (store.user) {
    if (channel) channel.onmessage = async (heard) => { await read(); tell(heard.data); };
    window.addEventListener("online", wake);
    window.addEventListener("offline", () => { if (marks.length) become("offline"); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(); });
    window.addEventListener("focus", wake);
    window.addEventListener("pageshow", async () => { await read(); tell(); wake(); });
  }

  /* What is not sent yet: also what no transaction has put away so far, or a page would draw the mark before it for a moment. */
  function unsent() { return [...marks, ...[...coming].filter((one) => !marks.some(({ key }) => key === one.key))]; }

  return {
    add, discard, keepTheirs, recordMine, retry, stop, send, read, ask,
    get marks() { return unsent(); }, get status() { return status; }, get sending() { return sending; }, get signInToken() { return signInToken; },
    wasTried: (key) => tried.has(key),
  };
})();
