/* The service worker: pages and files come from the network; where it gives nothing, the shell (style, scripts, one page that says so)
   and the sheets that were opened come from here. Nothing else is kept: a page has to ask for it by a header (accounts/wire.py).
   Loaded by /sw.js, which says where static files are (STATIC), for how many seconds a sheet may be kept (KEPT_FOR), and after how many
   seconds without an answer it is shown (SLOW_AFTER); where none is kept there is only waiting. */
"use strict";

/* global STATIC, KEPT_FOR, SLOW_AFTER */
const OFFLINE = "/offline/";
const MOST = 40; // sheets of one person
const SIGN_OUT = ["/accounts/logout/", "/admin/logout/"];

const filesOf = (text) => [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map((one) => one[1]).filter((one) => one.startsWith(STATIC));

/* The files that a page is dressed with. Their names carry what is in them, so a kept page always finds its own. */
async function keepFiles(text) {
  const shell = await caches.open("shell");
  for (const file of filesOf(text)) if (!(await shell.match(file))) await shell.add(new Request(file, { credentials: "omit" }));
}

async function install() {
  const page = await fetch(OFFLINE, { credentials: "omit", cache: "no-store" });
  if (!page.ok) throw new Error("no page to show without network");
  await (await caches.open("shell")).put(OFFLINE, page.clone());
  await keepFiles(await page.text());
  await self.skipWaiting();
}

/* Throw away files that no kept page needs any more. */
async function tidy() {
  const wanted = new Set([OFFLINE]);
  for (const name of await caches.keys()) {
    const pages = await caches.open(name);
    for (const request of await pages.keys()) {
      const page = await pages.match(request);
      if (page.headers.get("Content-Type")?.startsWith("text/html")) for (const file of filesOf(await page.text())) wanted.add(file);
    }
  }
  const shell = await caches.open("shell");
  for (const request of await shell.keys()) if (!wanted.has(new URL(request.url).pathname)) await shell.delete(request);
  await self.clients.claim();
}

self.addEventListener("install", (heard) => heard.waitUntil(install()));
self.addEventListener("activate", (heard) => heard.waitUntil(tidy()));

async function forget(exceptOf = "") {
  for (const name of await caches.keys()) {
    if (name.startsWith("sheets-") && name !== `sheets-${exceptOf}`) await caches.delete(name);
  }
}

/* Whose page it is decides whose sheets stay; a page that asks for it is kept. */
async function heed(address, response) {
  const user = response.headers.get("X-Muster-User");
  if (!user) return;
  await forget(user);
  if ([403, 404, 410].includes(response.status)) await (await caches.open(`sheets-${user}`)).delete(address); // no longer theirs to see
  if (!response.headers.get("X-Muster-Keep") || response.status !== 200) return;
  const headers = new Headers(response.headers);
  headers.set("X-Muster-Kept", new Date().toISOString());
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  const sheets = await caches.open(`sheets-${user}`);
  const text = withoutRemarks(await response.text());
  const page = new Response(text, { headers });
  await keepFiles(text); // first: a kept page without its files would be of no use
  await sheets.delete(address); // so that the newest stands last
  await sheets.put(address, page);
  for (const old of (await sheets.keys()).slice(0, -MOST)) await sheets.delete(old);
}

/* A page without what a view marked data-not-kept: remarks of one who is ill stay on the server. Django writes < > " as entities. */
const withoutRemarks = (text) => text
  .replace(/(<input\b[^>]*?) value="[^"]+"([^>]*\bdata-not-kept\b)/g, "$1 data-left-out$2")
  .replace(/(<span data-not-kept>)[^<]*/g, "$1");

async function keptPage(address) {
  for (const name of await caches.keys()) {
    if (!name.startsWith("sheets-")) continue;
    const sheets = await caches.open(name);
    const page = await sheets.match(address);
    if (!page) continue;
    const at = page.headers.get("X-Muster-Kept");
    if (Date.now() - Date.parse(at) > KEPT_FOR * 1000) { await sheets.delete(address); continue; }
    return new Response((await page.text()).replace("<html ", `<html data-kept="${at}" `), { headers: page.headers });
  }
  return null;
}

let stuck = false; // the last page did not come: its files are not waited for either

/* What `live` gives, or null where it fails, or takes too long. */
async function inTime(live) {
  let timer;
  const late = new Promise((done) => { timer = setTimeout(done, SLOW_AFTER * 1000, null); });
  const soon = await Promise.race([live.catch(() => null), late]);
  clearTimeout(timer);
  return soon;
}

async function page(heard) {
  const address = heard.request.url.split("#")[0];
  const live = fetch(heard.request).then((response) => {
    if ([502, 503, 504].includes(response.status)) throw new Error("nobody behind the proxy");
    stuck = false;
    heard.waitUntil(heed(address, response.clone()));
    return response;
  });
  const soon = await inTime(live);
  if (soon) return soon;
  stuck = true;
  const kept = await keptPage(address);
  if (kept) { live.catch(() => null); return kept; }
  return live.catch(async () => (await caches.match(OFFLINE)) || Response.error());
}

async function file(request) {
  const kept = await caches.match(request.url);
  if (kept && stuck) return kept;
  const live = fetch(request);
  return kept ? (await inTime(live)) || kept : live;
}

async function signOut(request) {
  await forget();
  return fetch(request).catch(async () => (await caches.match(OFFLINE)) || Response.error());
}

self.addEventListener("fetch", (heard) => {
  const { request } = heard;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && SIGN_OUT.includes(pathname)) heard.respondWith(signOut(request));
  if (request.method !== "GET") return;
  if (request.mode === "navigate") heard.respondWith(page(heard));
  else if (request.destination) heard.respondWith(file(request));
});

self.addEventListener("message", (heard) => {
  if (heard.data.keep) heard.waitUntil(fetch(heard.data.keep).then((response) => heed(heard.data.keep.split("#")[0], response)));
});
