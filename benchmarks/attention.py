"""Who needs attention, judged on what became of them: the 2013 presentations of the Open University Learning Analytics Dataset.

    make attention DATA=folder                  (docs/attention.md)
    make attention DATA=folder ARGS=--tune      finds the weights anew

At 25, 50 and 75 % of each presentation everybody still enrolled is put in order by the rule's points, from what had been
recorded by that day. Printed is the AUC: of two learners, one of whom later failed or withdrew and one of whom did not, how
often the first stands higher (half where they have the same points). Weights are found on the presentations of February
2013 alone; those of October show how well they hold.
"""

import argparse
import datetime
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import NamedTuple

from oulad import PASS_MARK, START, Source, days

from trainees.progress import (
    WEIGHTS,
    Concern,
    Evidence,
    History,
    Kind,
    Mark,
    MarkStatus,
    Place,
    PlaceStatus,
    Register,
    Requirement,
    Session,
    SessionKind,
    Thresholds,
    Weights,
    cohort_progress,
    ranking,
)

CUTS = (25, 50, 75)
TUNED_ON = "2013B"
HERE, BEFORE = 1, 2  # cohorts: the presentation, and whatever an earlier attempt was part of
FULL = dict.fromkeys(Concern, 1)
# What the data can say something about: nothing in it expires or blocks, and nobody is suspended.
TUNED = (
    Concern.NO_GO,
    Concern.NOT_ASSESSED,
    Concern.BEHIND,
    Concern.ABSENT,
    Concern.INACTIVE,
    Concern.LOW_SCORES,
    Concern.CAME_BACK,
)
HEAVIEST = 10

Counts = Mapping[Concern, int]


class Case(NamedTuple):
    """Of one presentation on one day: by learner, what the rule counts, and whether they failed or withdrew later."""

    here: tuple[str, str]
    cut: int
    learners: Sequence[tuple[Counts, bool]]

    @property
    def fell(self) -> int:
        return sum(fell for _counts, fell in self.learners)

    def scored(self, weights: Weights) -> list[tuple[int, bool]]:
        return [(sum(weights[name] * n for name, n in counts.items()), fell) for counts, fell in self.learners]


class Presentation:
    """A presentation as the rule's inputs: whatever happened in it, each line with the day on which it was known."""

    def __init__(self, source: Source, here: tuple[str, str]) -> None:
        self.source, self.here, self.start = source, here, START[here[1]]
        self.ids = count(1)
        self.modules = {source.where[row["id_assessment"]][1]: n for n, row in enumerate(source.assessments[here], 1)}
        self.handed_in: dict[tuple[str, int], datetime.date] = {}
        self.evidence: dict[str, dict[int, list[Evidence]]] = defaultdict(dict)
        for row in source.results[here]:
            module, day = self.modules[row["module"]], days(self.start, row["date_submitted"])
            self.handed_in[row["id_student"], module] = day
            self.evidence[row["id_student"]][module] = [self.line(row, day)]
        self.places = {row["id_student"]: self.places_of(row) for row in source.registrations[here]}

    def line(self, row: Mapping[str, str], day: datetime.date) -> Evidence:
        if row["is_banked"] == "True":
            return Evidence(next(self.ids), Kind.CREDIT, day, None, day)
        if not row["score"]:
            return Evidence(next(self.ids), Kind.NOT_ASSESSED, day, None, day)
        score = Decimal(row["score"])
        return Evidence(next(self.ids), Kind.GO if score >= PASS_MARK else Kind.NO_GO, day, None, day, score=score)

    def places_of(self, row: Mapping[str, str]) -> list[Place]:
        """The registration and its end, and before them as many attempts as the source tells, each not completed."""
        since = days(self.start, row["date_registration"] or "0")
        told = self.source.attempts[(*self.here, row["id_student"])]
        earlier = [since - datetime.timedelta(days=n) for n in range(told, 0, -1)]
        line = [self.place(BEFORE, PlaceStatus.NOT_COMPLETED, day) for day in earlier]
        line.append(self.place(HERE, PlaceStatus.ACTIVE, since))
        if row["date_unregistration"]:
            line.append(
                self.place(HERE, PlaceStatus.WITHDRAWN, max(since, days(self.start, row["date_unregistration"])))
            )
        return line

    def place(self, cohort: int, status: PlaceStatus, day: datetime.date) -> Place:
        return Place(next(self.ids), cohort, None, None, status, day, day)

    def registers(self, trainees: Mapping[str, int]) -> Iterator[Register]:
        """An assessment is held on its day. Who had handed in by then was present, whoever does later is late from then on."""
        for row in self.source.assessments[self.here]:
            if not row["date"]:
                continue
            module, day = self.modules[self.source.where[row["id_assessment"]][1]], days(self.start, row["date"])
            marks = []
            for student, line in self.places.items():
                now = [place for place in line if place.since <= day][-1:]
                if not now or now[0].status is not PlaceStatus.ACTIVE:
                    continue
                came = self.handed_in.get((student, module))
                in_time = came is not None and came <= day
                status = MarkStatus.PRESENT if in_time else MarkStatus.ABSENT
                marks.append(Mark(module, trainees[student], status, day, next(self.ids)))
                if came and not in_time:
                    marks.append(Mark(module, trainees[student], MarkStatus.LATE, came, next(self.ids)))
            session = Session(module, module, HERE, SessionKind.ASSESSMENT, day, register_closed_on=day)
            yield Register(session, marks)

    def cases(self) -> Iterator[Case]:
        trainees = {student: n for n, student in enumerate(self.places, 1)}
        students = {n: student for student, n in trainees.items()}
        histories = [History(n, self.places[student], self.evidence[student]) for student, n in trainees.items()]
        lines = {history.trainee: history.evidence for history in histories}
        registers = list(self.registers(trainees))
        for cut in CUTS:
            day = self.start + datetime.timedelta(days=self.source.length[self.here] * cut // 100)
            progress = cohort_progress(
                HERE,
                histories,
                [Requirement(module, module, position=module) for module in self.modules.values()],
                registers,
                tracks=frozenset(),
                thresholds=Thresholds(),
                as_of=day,
                known=day,
            )
            found: dict[int, Counts] = defaultdict(dict)
            for one in ranking(progress, lines, FULL).trainees:
                found[one.trainee] = counts = defaultdict(int)
                for reason in one.reasons:
                    counts[reason.concern] += reason.counts
            outcomes = ((n, self.source.outcome[(*self.here, students[n])]) for n in progress.trainees)
            yield Case(self.here, cut, [(found[n], outcome in {"Fail", "Withdrawn"}) for n, outcome in outcomes])


def auc(scored: Sequence[tuple[int, bool]]) -> float:
    """By the sum of ranks. Half where there is nobody to compare."""
    fell = [points for points, fell in scored if fell]
    others = sorted(points for points, fell in scored if not fell)
    if not fell or not others:
        return 0.5
    won = sum(bisect_left(others, points) + bisect_right(others, points) for points in fell)
    return won / (2 * len(fell) * len(others))


def within(cases: Sequence[Case], weights: Weights) -> float:
    """The mean of the presentations' own AUC by how many were enrolled: a page puts one cohort in order."""
    return sum(len(case.learners) * auc(case.scored(weights)) for case in cases) / sum(len(c.learners) for c in cases)


def pooled(cases: Sequence[Case], weights: Weights) -> float:
    """One AUC over everybody, as if all presentations were one cohort."""
    return auc([one for case in cases for one in case.scored(weights)])


def tuned(cases: Sequence[Case]) -> dict[Concern, int]:
    """Weights by going through them in turn, from 1 each, and keeping what is best, until nothing is better."""
    by_cut = [[case for case in cases if case.cut == cut] for cut in CUTS]

    def worth(weights: Weights) -> float:
        return sum(within(of, weights) for of in by_cut) / len(CUTS)

    weights = dict(WEIGHTS) | dict.fromkeys(TUNED, 1)
    best = worth(weights)
    while True:
        before = best
        for concern in TUNED:
            for weight in range(HEAVIEST + 1):
                trial = weights | {concern: weight}
                if (value := worth(trial)) > best:
                    weights, best = trial, value
            print(f"  {concern:14}{weights[concern]:3}   {best:.4f}", flush=True)
        if best == before:
            return weights


def table(cases: Sequence[Case], weights: Weights) -> Iterator[str]:
    yield f"{'':14}" + "".join(f"{f'at {cut} %':>36}" for cut in CUTS)
    yield f"{'':14}" + f"{'enrolled':>18}{'later gone':>11}{'AUC':>7}" * len(CUTS)
    presentations = list(dict.fromkeys(case.here for case in cases))
    for here in presentations:
        of = [case for case in cases if case.here == here]
        yield f"{' '.join(here):14}" + "".join(
            f"{len(case.learners):>18,}{case.fell:>11,}{auc(case.scored(weights)):>7.3f}" for case in of
        )
    measures = (("by size", within, weights), ("pooled", pooled, weights), ("1 for all", within, FULL))
    for name, measure, by in measures:
        yield f"{name:14}" + "".join(
            f"{sum(len(case.learners) for case in of):>18,}{sum(case.fell for case in of):>11,}{measure(of, by):>7.3f}"
            for of in ([case for case in cases if case.cut == cut] for cut in CUTS)
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with the dataset's files")
    parser.add_argument("--tune", action="store_true", help="find the weights anew, and report with those")
    asked = parser.parse_args()
    source = Source(asked.data)
    cases = [case for here in source.presentations() for case in Presentation(source, here).cases()]
    first = [case for case in cases if case.here[1] == TUNED_ON]
    rest = [case for case in cases if case.here[1] != TUNED_ON]
    weights = tuned(first) if asked.tune else WEIGHTS
    print("Weights: " + ", ".join(f"{concern} {weight}" for concern, weight in weights.items()))
    for title, of in ((f"Tuned on ({TUNED_ON})", first), ("Not seen while tuning", rest)):
        print(f"\n{title}\n" + "\n".join(table(of, weights)))


if __name__ == "__main__":
    main()
