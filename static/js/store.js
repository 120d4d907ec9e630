/* Where marks wait until they are sent: a database of this browser, one for each person, with codes, identifiers and values only.
   `marks` are those not sent yet; `cells` what the server last said of each cell, to show over a page that is older than that. */
"use strict";

window.muster = {};
window.muster.store = (() => {
  const user = document.body.dataset.user || "";
  const name = `muster-${user}`;
  const LONGEST = 24 * 3600 * 1000; // a kept page is younger
  let opened = null;
  let lasting = true; // false where the browser keeps nothing: then marks live as long as the page
  const memory = { marks: new Map(), cells: new Map() };

  function open() {
    opened ??= new Promise((done, failed) => {
      const asked = window.indexedDB.open(name, 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("marks", { keyPath: "key" });
        asked.result.createObjectStore("cells", { keyPath: "cell" });
      };
      asked.onerror = () => failed(asked.error);
      asked.onsuccess = () => {
        const closed = () => { asked.result.close(); opened = null; }; // another tab signs out, or the browser makes room
        asked.result.onversionchange = closed;
        asked.result.onclose = () => { opened = null; };
        done(asked.result);
      };
    });
    return opened;
  }

  const inOrder = (marks) => marks.sort((one, other) => one.order - other.order);

  function inMemory(decide, cell) {
    const { marks, cells } = memory;
    const said = decide(inOrder([...marks.values()]), {
      put: (mark) => marks.set(mark.key, mark), drop: (key) => marks.delete(key), note: (known) => cells.set(known.cell, known),
    }, cells.get(cell));
    return { said, marks: inOrder([...marks.values()]) };
  }

  function inDatabase(database, decide, cell) {
    return new Promise((done, failed) => {
      const act = database.transaction(["marks", "cells"], "readwrite", { durability: "strict" });
      const [marks, cells] = [act.objectStore("marks"), act.objectStore("cells")];
      let said;
      let left = [];
      const to = { put: (mark) => marks.put(mark), drop: (key) => marks.delete(key), note: (known) => cells.put(known) };
      cells.get(cell).onsuccess = (known) => {
        marks.getAll().onsuccess = (found) => {
          said = decide(inOrder(found.target.result), to, known.target.result);
          marks.getAll().onsuccess = (after) => { left = inOrder(after.target.result); };
        };
      };
      act.oncomplete = () => done({ said, marks: left });
      act.onerror = act.onabort = () => failed(act.error);
    });
  }

  /* One transaction. `decide(marks, to, known)` sees the waiting marks in order and what is known of `cell`, and changes them by
     `to.put(mark)`, `to.drop(key)` and `to.note(known)`. Gives back what it says, and the marks that wait afterwards. */
  async function write(decide, cell = "") {
    if (lasting) {
      try {
        return await inDatabase(await open(), decide, cell);
      } catch (error) {
        if (error?.name === "InvalidStateError") { // closed meanwhile
          opened = null;
          return inDatabase(await open(), decide, cell);
        }
        lasting = false;
      }
    }
    return inMemory(decide, cell);
  }

  /* What is known of all cells; what is older than any kept page is thrown away. */
  async function cells() {
    await write(() => null); // finds out whether the browser keeps anything
    if (!lasting) return [...memory.cells.values()];
    const kept = (await open()).transaction("cells", "readwrite").objectStore("cells");
    return new Promise((done, failed) => {
      const asked = kept.getAll();
      asked.onerror = () => failed(asked.error);
      asked.onsuccess = () => {
        const old = Date.now() - LONGEST;
        for (const one of asked.result) if (one.when < old) kept.delete(one.cell);
        done(asked.result.filter((one) => one.when >= old));
      };
    });
  }

  async function clear() {
    memory.marks.clear();
    memory.cells.clear();
    if (!lasting) return;
    (await open()).close();
    opened = null;
    await new Promise((done) => {
      const asked = window.indexedDB.deleteDatabase(name);
      asked.onsuccess = asked.onerror = asked.onblocked = done;
    });
  }

  /* How many marks other people left waiting in this browser. */
  async function others() {
    const databases = await (window.indexedDB?.databases?.() ?? []);
    const left = databases.filter((one) => /^muster-\d+$/.test(one.name) && one.name !== name).map((one) => new Promise((done) => {
      const asked = window.indexedDB.open(one.name);
      asked.onerror = () => done(0);
      asked.onupgradeneeded = () => asked.transaction.abort(); // gone meanwhile: do not make it anew
      asked.onsuccess = () => {
        const database = asked.result;
        if (!database.objectStoreNames.contains("marks")) { database.close(); done(0); return; }
        const count = database.transaction("marks").objectStore("marks").count();
        count.onsuccess = () => {
          database.close();
          if (!count.result) window.indexedDB.deleteDatabase(one.name); // they signed out where no script of ours ran
          done(count.result);
        };
        count.onerror = () => { database.close(); done(0); };
      };
    }));
    return (await Promise.all(left)).reduce((sum, one) => sum + one, 0);
  }

  return { user, write, cells, clear, others, get lasting() { return lasting; } };
})();
