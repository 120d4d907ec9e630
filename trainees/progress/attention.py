"""Who needs attention: reasons, each with what it counts and since when; whole points put them in order.

A reason is a fact that the records show on the day asked about, as known on the other: never a guess. What the records do not
say counts nothing, and is told as `Unsaid`. How well the order foretells who does not make it: docs/attention.md.
"""

import datetime
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from .cohort import CohortProgress
from .concerns import WEIGHTS, Attention, Concern, Ranking, Reason, Unsaid, Weights
from .evidence import Standing, due_from
from .registers import WITH_RESULTS
from .trainee import TraineeProgress
from .values import Day, Evidence, Kind, Need, PlaceStatus, Session, Status

Lines = Mapping[int, Mapping[int, Sequence[Evidence]]]  # by trainee and module, as the rule was given them

LAST = 5  # sessions of which absences are counted
WEEK = 7
FEW = 5  # scores of a module: with fewer, nobody is compared
MIDDLE = 5  # of ten who scored better: more than that is low


class Score(NamedTuple):
    """The last score of one trainee in one module."""

    day: Day
    score: Decimal


@dataclass(slots=True)
class Seen:
    """Where the registers saw one trainee: `expected` with whether they were there, `away` from which assessments."""

    expected: list[tuple[Session, bool]]
    away: dict[int, list[Session]]  # by module, excused or not


@dataclass(frozen=True, slots=True)
class Facts:
    """What is read once for everybody."""

    progress: CohortProgress
    lines: Lines
    seen: Mapping[int, Seen]
    half: Mapping[int, Day]  # by module: since when at least half of those asked have achieved it
    scores: Mapping[int, Mapping[int, Score]]  # by trainee and module
    ranked: Mapping[int, Sequence[Decimal]]  # by module with enough of them, the scores in order


def ranking(progress: CohortProgress, lines: Lines, weights: Weights = WEIGHTS) -> Ranking:
    """Who needs attention in a cohort, and what its records do not say.

    `lines` is the evidence that `progress` was made of, by trainee and module. A concern without weight is no reason.
    """
    facts = _facts(progress, lines)
    found = [
        Attention(trainee, reasons)
        for trainee, one in progress.trainees.items()
        if (reasons := tuple(sorted(_reasons(facts, one, weights), key=Reason.order)))
    ]
    return Ranking(tuple(sorted(found, key=Attention.order)), tuple(_unsaid(facts)))


def _reasons(facts: Facts, one: TraineeProgress, weights: Weights) -> Iterator[Reason]:
    for found in _all(facts, one):
        reason = found.weighed(weights)
        if reason.points:
            yield reason


def _all(facts: Facts, one: TraineeProgress) -> Iterator[Reason]:
    in_training = one.place is not None and one.place.status in IN_TRAINING and not one.requirements_met
    kept = _kept(facts, one, in_training)
    yield from _of_modules(kept)
    finders = ALWAYS + WHILE_TRAINING if in_training else ALWAYS
    yield from filter(None, [_blocked(one, kept), *(find(facts, one) for find in finders)])


# ---- modules: each keeps back in one way


class Kept(NamedTuple):
    """How a required module keeps a trainee back. `sessions`: the assessments at which they were not."""

    concern: Concern
    since: Day
    no_goes: int = 1
    sessions: tuple[int, ...] = ()


IN_TRAINING = (PlaceStatus.ACTIVE, PlaceStatus.SUSPENDED)
FAILED = (Status.NO_GO, Status.NO_GO_RECERTIFICATION)
UNTRIED = (Status.NOT_STARTED, Status.IN_TRAINING)


def _kept(facts: Facts, one: TraineeProgress, in_training: bool) -> dict[int, Kept]:
    """By module. Where a record is outstanding, it is not the trainee who owes."""
    found = {}
    for module, standing in one.standings.items():
        if standing.need is not Need.REQUIRED:
            continue
        if standing.status in FAILED:
            found[module] = _no_go(facts.lines[one.trainee][module], standing)
        elif standing.status is Status.EXPIRED and standing.holds_until:
            found[module] = Kept(Concern.EXPIRED, standing.holds_until + datetime.timedelta(days=1))
        elif in_training and standing.status in UNTRIED and not standing.outstanding:
            if away := facts.seen[one.trainee].away.get(module):
                sessions = tuple([session.id for session in away])
                found[module] = Kept(Concern.NOT_ASSESSED, _day(away[0]), sessions=sessions)
            elif module in facts.half:
                found[module] = Kept(Concern.BEHIND, facts.half[module])
    return found


def _no_go(lines: Sequence[Evidence], standing: Standing) -> Kept:
    """Since the first of the row of NO-GOs that stands at the end; in a recertification, since the one that cancelled."""
    row: list[Evidence] = []
    for line in _attempts(lines, standing):
        row = [*row, line] if line.kind == Kind.NO_GO else []
    since = row[0].holds_from
    if standing.status is Status.NO_GO_RECERTIFICATION:
        since = next(line.holds_from for line in lines if line.id == standing.deciding[0])
    return Kept(Concern.NO_GO, since, len(row))


def _of_modules(kept: Mapping[int, Kept]) -> Iterator[Reason]:
    """A NO-GO and a pass that ran out are told one by one, the others together."""
    for module, one in kept.items():
        if one.concern in (Concern.NO_GO, Concern.EXPIRED):
            yield Reason(one.concern, one.since, one.no_goes, one.no_goes, modules=(module,))
    for concern in (Concern.NOT_ASSESSED, Concern.BEHIND):
        these = {module: one for module, one in kept.items() if one.concern is concern}
        if these:
            yield Reason(
                concern,
                min(one.since for one in these.values()),
                len(these),
                len(these),
                modules=tuple(these),
                sessions=tuple([session for one in these.values() for session in one.sessions]),
            )


def _blocked(one: TraineeProgress, kept: Mapping[int, Kept]) -> Reason | None:
    """Modules that wait for one that keeps the trainee back; that others simply come later is no reason."""
    waiting = {}
    for module, standing in one.standings.items():
        since = [kept[needed].since for needed in standing.blocked_by if needed in kept]
        if since and standing.need is Need.REQUIRED and module not in kept:
            waiting[module] = min(since)
    if not waiting:
        return None
    return Reason(Concern.BLOCKED, min(waiting.values()), len(waiting), len(waiting), modules=tuple(waiting))


# ---- everything else: one reason of each concern


def _absent(facts: Facts, one: TraineeProgress) -> Reason | None:
    last = facts.seen[one.trainee].expected[-LAST:]
    missed = [session for session, there in last if not there]
    if not missed:
        return None
    sessions = tuple([session.id for session in missed])
    return Reason(Concern.ABSENT, _day(missed[0]), len(missed), len(missed), len(last), sessions=sessions)


def _inactive(facts: Facts, one: TraineeProgress) -> Reason | None:
    """Since the last day on which a register or a result shows the trainee, or on which they came."""
    if one.place is None or one.place.status is not PlaceStatus.ACTIVE:
        return None
    expected = facts.seen[one.trainee].expected
    seen = max([one.arrived, *(_day(session) for session, there in expected if there)])
    missed = [session for session, _there in expected if _day(session) > seen]
    if not missed:
        return None
    assessed = [
        line.holds_from
        for module, standing in one.standings.items()
        if standing.attempts
        for line in _attempts(facts.lines[one.trainee][module], standing)
    ]
    last = max([seen, *assessed])
    sessions = tuple([session.id for session in missed if _day(session) > last])
    days = (facts.progress.as_of - last).days
    return Reason(Concern.INACTIVE, last, days, days // WEEK, sessions=sessions) if sessions else None


def _low_scores(facts: Facts, one: TraineeProgress) -> Reason | None:
    """Of ten others, how many scored better, over all modules with enough scores; those who scored the same are half so."""
    better = others = 0
    compared = {module: score for module, score in facts.scores.get(one.trainee, {}).items() if module in facts.ranked}
    for module, score in compared.items():
        ranked = facts.ranked[module]
        above = bisect_right(ranked, score.score)
        better += 2 * (len(ranked) - above) + above - bisect_left(ranked, score.score) - 1
        others += 2 * (len(ranked) - 1)
    tenths = 10 * better // others if others else 0
    if tenths <= MIDDLE:
        return None
    since = min(score.day for score in compared.values())
    return Reason(Concern.LOW_SCORES, since, tenths, tenths - MIDDLE, 10, tuple(compared))


def _expiring(facts: Facts, one: TraineeProgress) -> Reason | None:
    since = {}
    for module, standing in one.standings.items():
        if standing.need is Need.REQUIRED and standing.due_to_expire and standing.holds_until:
            (decides,) = [line for line in facts.lines[one.trainee][module] if line.id in standing.deciding]
            since[module] = due_from(decides.holds_from, standing.holds_until)
    return (
        Reason(Concern.EXPIRING, min(since.values()), len(since), len(since), modules=tuple(since)) if since else None
    )


def _suspended(facts: Facts, one: TraineeProgress) -> Reason | None:
    suspended = one.place if one.place and one.place.status is PlaceStatus.SUSPENDED else None
    return Reason(Concern.SUSPENDED, suspended.since) if suspended else None


def _came_back(facts: Facts, one: TraineeProgress) -> Reason | None:
    ended = [place for place in one.places[:-1] if place.status in ENDED]
    return Reason(Concern.CAME_BACK, one.arrived, len(ended), len(ended)) if ended else None


ENDED = (PlaceStatus.WITHDRAWN, PlaceStatus.NOT_COMPLETED)
Finders = tuple[Callable[[Facts, TraineeProgress], Reason | None], ...]
ALWAYS: Finders = (_expiring,)
WHILE_TRAINING: Finders = (_absent, _inactive, _low_scores, _suspended, _came_back)


# ---- what is read once


def _facts(progress: CohortProgress, lines: Lines) -> Facts:
    scores: dict[int, dict[int, Score]] = defaultdict(dict)
    by_module: dict[int, list[Decimal]] = defaultdict(list)
    for trainee, one in progress.trainees.items():
        for module, standing in one.standings.items():
            if standing.attempts and (score := _last_score(lines[trainee][module], standing)):
                scores[trainee][module] = score
                by_module[module].append(score.score)
    ranked = {module: sorted(found) for module, found in by_module.items() if len(found) >= FEW}
    return Facts(progress, lines, _seen(progress), _half(progress, lines), scores, ranked)


def _last_score(lines: Sequence[Evidence], standing: Standing) -> Score | None:
    for line in reversed(_attempts(lines, standing)):
        if line.score is not None:
            return Score(line.holds_from, line.score)
    return None


def _attempts(lines: Sequence[Evidence], standing: Standing) -> list[Evidence]:
    """The assessments in force, in their order."""
    if len(standing.attempts) == 1:
        return [line for line in lines if line.id == standing.attempts[0]]
    by_id = {line.id: line for line in lines}
    return [by_id[attempt] for attempt in standing.attempts]


def _seen(progress: CohortProgress) -> dict[int, Seen]:
    """Only closed registers say who was there."""
    found = {trainee: Seen([], {}) for trainee in progress.trainees}
    for one in progress.sessions.values():
        for trainees, there in ((one.attended, True), (one.missed, False), (one.excused, None)):
            for trainee in trainees:
                if trainee not in found:
                    continue
                if there is not None:
                    found[trainee].expected.append((one.session, there))
                if not there and one.session.kind in WITH_RESULTS:
                    found[trainee].away.setdefault(one.session.module, []).append(one.session)
    return found


def _half(progress: CohortProgress, lines: Lines) -> dict[int, Day]:
    """By module, the day on which half of those of whom it is required had achieved it; none where they have not."""
    found = {}
    for module, one in progress.modules.items():
        if not one.share.reaches(50):
            continue
        days = []
        for trainee in one.achieved:
            (decides,) = progress.trainees[trainee].standings[module].deciding
            days += [line.holds_from for line in lines[trainee][module] if line.id == decides]
        found[module] = sorted(days)[(len(one.required_of) - 1) // 2]
    return found


def _unsaid(facts: Facts) -> Iterator[Unsaid]:
    progress = facts.progress
    if progress.open_registers:
        yield Unsaid.OPEN_REGISTERS if progress.registers.part else Unsaid.REGISTERS
    if progress.results.part < progress.results.whole:
        yield Unsaid.RESULTS
    if not facts.ranked:
        yield Unsaid.SCORES


def _day(session: Session) -> Day:
    """A session held has ended."""
    return session.ended_on or datetime.date.min
