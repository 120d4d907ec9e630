"""How benchmarks measure: side by side, in turns, minimum and median; and what a piece of work needs in memory."""

import json
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import django
from django.db import connection


def start() -> None:
    """Muster's settings, as `manage.py` reads them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


@dataclass(frozen=True)
class Times:
    """Seconds."""

    minimum: float
    median: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Times":
        return cls(min(seconds), statistics.median(seconds))

    def __str__(self) -> str:
        return f"{self.minimum:.3f} s, median {self.median:.3f} s"


def in_turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Times]:
    """Time each of `ways` once a round, so that whatever else the machine does meets all of them.

    A way may give a number: the seconds that count, where it has to prepare something first.
    """
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            before = time.perf_counter()
            told = way()
            took[name].append(told if isinstance(told, float) else time.perf_counter() - before)
    return {name: Times.of(seconds) for name, seconds in took.items()}


def timed(way: Callable[[], object]) -> float:
    before = time.perf_counter()
    way()
    return time.perf_counter() - before


def memory(way: Callable[..., object], *given: object) -> float:
    """MiB by which `way` grows a process of its own above what it stood at when the way began. On Linux."""
    spawn = multiprocessing.get_context("spawn")
    there, here = spawn.Pipe()
    process = spawn.Process(target=_grow, args=(here, way, given))
    process.start()
    grown: float = there.recv()
    process.join()
    return grown


def _grow(pipe, way, given) -> None:
    start()
    ready = way(*given)  # gets everything loaded, and gives what is measured
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the highest so far is forgotten
    before = _stands("VmRSS")
    ready()
    pipe.send((_stands("VmHWM") - before) / 1024)


def _stands(what: str) -> int:
    """KiB, as the kernel tells it of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def machine() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
        version = cursor.fetchone()[0]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"Django {django.get_version()}, {connection.display_name} {version}"
    )


def as_json(rows: Mapping[str, object]) -> str:
    return json.dumps(rows, default=asdict, indent=1)
