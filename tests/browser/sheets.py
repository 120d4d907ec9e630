"""Sheets of marks as a person works on them, and networks as they are."""

import socket
import socketserver
import threading
from contextlib import suppress
from types import SimpleNamespace
from urllib.parse import parse_qsl

from playwright.sync_api import expect

from accounts.models import Act
from programs.models import Role
from tests import factories as f
from trainees.models import Enrolment, Trainee


def register_of(many, modules=1, **asked):
    """A session whose audience are so many trainees, an instructor who may assess, a coordinator, and so many modules.

    `asked` is what the curriculum asks of the session's module, such as a pass mark.
    """
    entry = f.EntryFactory(curriculum__program__code="TRD", module__code="TAC-1", position=1, **asked)
    for n in range(2, modules + 1):
        f.EntryFactory(curriculum=entry.curriculum, module__code=f"TAC-{n}", position=n)
    f.publish(entry.curriculum)
    program = entry.curriculum.program
    cohort = f.CohortFactory(program=program, code="1")
    f.CohortCurriculumFactory(cohort=cohort, curriculum=entry.curriculum)

    def enrol(act):
        people = Trainee.objects.bulk_create(
            Trainee(act=act, roll_number=f"R-{n:03}", call_sign="SOKIL") for n in range(1, many + 1)
        )
        Enrolment.objects.bulk_create(
            Enrolment(act=act, trainee=who, program=program, cohort=cohort, since=cohort.starts_on) for who in people
        )

    f.do(enrol, scope=program.pk)
    instructor = f.RoleFactory(program=program, kind=Role.Kind.INSTRUCTOR, user__username="instructor").user
    return SimpleNamespace(
        program=program,
        entry=entry,
        cohort=cohort,
        session=f.TrainingSessionFactory(cohort=cohort, module=entry.module),
        instructor=instructor,
        assessor=f.AssignmentFactory(program=program, instructor__account=instructor).instructor,
        coordinator=f.RoleFactory(program=program, user__username="coordinator").user,
    )


class Held:
    """Requests that the network keeps back until it is told otherwise."""

    def __init__(self, page):
        self.page, self.waiting, self.open = page, [], False

    def take(self, route):
        if self.open:
            route.continue_()
        else:
            self.waiting.append(route)

    def wait_for(self, many):
        """Until so many requests have come; the page is asked in between, so that Playwright hears of them."""
        while len(self.waiting) < many:
            self.page.evaluate("new Promise(requestAnimationFrame)" if not self.open else "null")

    def let_go(self):
        self.open = True
        for route in self.waiting:
            route.continue_()


class SlowNetwork(socketserver.ThreadingTCPServer):
    """A way to a server that lets nothing through while `moving` is clear: a network that is there, and gives no answer."""

    daemon_threads = True

    def __init__(self, server):
        super().__init__(("localhost", 0), None)
        self.to = server  # its host and port
        self.url = f"http://localhost:{self.server_address[1]}"
        self.moving = threading.Event()
        self.moving.set()

    def finish_request(self, request, client_address):
        with socket.create_connection(self.to) as there:
            back = threading.Thread(target=self._pass_on, args=(there, request), daemon=True)
            back.start()
            self._pass_on(request, there)
            back.join()

    def _pass_on(self, come, go):
        with suppress(OSError):  # one side has hung up
            while data := come.recv(65536):
                self.moving.wait()
                go.sendall(data)
        with suppress(OSError):
            go.shutdown(socket.SHUT_WR)


class Register:
    """A page with marks, and what it sent."""

    MARKS = "**/register/*-*/"

    def __init__(self, page, world):
        self.page, self.world, self.sent = page, world, []
        self.where = self.address(world)
        page.on("request", self._note)

    def _note(self, request):
        if request.method == "POST" and request.headers.get("accept") == "application/json" and request.post_data:
            self.sent.append(dict(parse_qsl(request.post_data, keep_blank_values=True)))

    def address(self, world):
        return f"/sessions/{world.session.pk}/register/"

    def open(self):
        self.page.goto(self.where)
        return self

    def row(self, n):
        return self.page.locator("[data-cell]").nth(n)

    def state(self, n):
        return self.row(n).locator("[data-state]")

    def mark(self, n, value):
        self.row(n).locator(f"input[type=radio][value='{value}']").check()

    def shows(self, n, value):
        """Wait until a row shows this value; "" is for no mark."""
        expect(self.row(n).locator(f"input[type=radio][value='{value}']")).to_be_checked()

    def hold(self):
        held = Held(self.page)
        self.page.route(self.MARKS, held.take)
        return held

    def lose_answers(self, every):
        """Let every so-many-th mark reach the server, and its answer be lost on the way back."""
        told = SimpleNamespace(n=0, lost=0, answered=[])

        def take(route):
            told.n += 1
            answer = route.fetch()
            if told.n % every == 0:
                told.lost += 1
                route.abort()
            else:
                told.answered.append(route.request.url)
                route.fulfill(response=answer)

        self.page.route(self.MARKS, take)
        return told

    def watch_for_early_saving(self):
        """Note in the page every cell that says saved before an answer for it has come. Gives what asks for the list."""
        self.page.evaluate(
            """() => {
              const [send, answered] = [window.fetch, new Set()];
              window.early = [];
              window.fetch = async (address, options) => {
                const answer = await send(address, options);
                if (answer.ok) answered.add(address);
                return answer;
              };
              new MutationObserver((changes) => {
                for (const { target, oldValue } of changes) {
                  const { cell, is } = target.dataset;
                  if ([is, oldValue].includes("saved") && !answered.has(cell)) window.early.push(cell);
                }
              }).observe(document.querySelector("[data-marks]"), {
                subtree: true, attributeFilter: ["data-is"], attributeOldValue: true,
              });
            }"""
        )
        return lambda: self.page.evaluate("window.early")

    def has_focus(self, n):
        """Wait until a row, or something in it, has the focus."""
        focused = "(n) => document.querySelectorAll('[data-cell]')[n].contains(document.activeElement)"
        self.page.wait_for_function(focused, arg=n)

    def wait_until_kept(self):
        """Until the worker has put the sheet away."""
        self.page.evaluate(
            """async (where) => {
              await navigator.serviceWorker.ready;
              for (const until = performance.now() + 10_000; !(await caches.match(where)); ) {
                if (performance.now() > until) throw new Error("the sheet is not kept");
                await new Promise(requestAnimationFrame);
              }
            }""",
            self.where,
        )

    def written(self):
        """The keys of all acts."""
        return {str(key) for key in Act.objects.values_list("key", flat=True)}

    def dump(self):
        """Everything that the browser keeps of ours, as text."""
        return self.page.evaluate(
            """async () => {
              const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
              for (const { name } of await indexedDB.databases()) {
                const asked = indexedDB.open(name);
                const database = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
                for (const store of database.objectStoreNames) {
                  const rows = database.transaction(store).objectStore(store).getAll();
                  texts.push(JSON.stringify(await new Promise((done) => { rows.onsuccess = () => done(rows.result); })));
                }
                database.close();
              }
              for (const name of await caches.keys()) {
                const cache = await caches.open(name);
                for (const request of await cache.keys()) texts.push(request.url, await (await cache.match(request)).text());
              }
              return texts.join("\\n");
            }"""
        )

    def kept(self):
        """The names of what the browser keeps for a person: databases, and sheets."""
        return self.page.evaluate(
            """async () => [
              ...(await indexedDB.databases()).map((one) => one.name),
              ...(await caches.keys()).filter((one) => one.startsWith("sheets-")),
            ]"""
        )

    @property
    def unsent(self):
        return self.page.locator("#outbox-count")

    def all_sent(self, timeout=10_000):
        """Wait until every mark that was made has its answer."""
        waiting = self.page.locator("[data-cell][data-is]:not([data-is=''], [data-is=saved], [data-is=cleared])")
        expect(waiting).to_have_count(0, timeout=timeout)
        expect(self.unsent).to_be_hidden(timeout=timeout)


class Results(Register):
    """The result sheet of a session."""

    MARKS = "**/mark/"

    def address(self, world):
        return f"/sessions/{world.session.pk}/results/"


class Grid(Results):
    """The result sheet of a cohort: cells instead of rows, and a bar below them."""

    def address(self, world):
        return f"/cohorts/{world.cohort.slug}/record/?day=2023-08-10"

    @property
    def bar(self):
        return self.page.locator("[data-mark-bar]")

    def state(self, n):
        return self.bar.locator("[data-state]")

    def value(self, n):
        return self.row(n).get_attribute("data-value")
