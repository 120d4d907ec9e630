"""Bottom line up front: a cohort, or a program, in a few sentences that are read on a page or copied as text.

A sentence is a list of pieces, made once here; every number in it is a link to what makes it. To add a sentence to all cohorts:
a function from a CohortView and who needs attention there to sentences, in `SENTENCES`.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter
from typing import NamedTuple

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programs.models import Program

from ..models import Cohort, CommanderRating
from ..progress import Outcome, Share
from .attention import Case, Told, attention_of, ranked
from .finish import summary
from .loading import Moment
from .progress import CohortView

MOSTLY = 2  # modules that are named as those most often lacking


class Piece(NamedTuple):
    """A part of a sentence. `rows`: how many the page behind the link lists, where it is a list."""

    text: str
    link: str = ""
    rows: int | None = None


Sentence = list[Piece]
Ratings = Mapping[int, CommanderRating]  # by module, the newest


class Verdict(StrEnum):
    """What comes first, and how it looks: the class of its badge."""

    ON_COURSE = "go"
    NOT_ON_COURSE = "nogo"
    QUIET = "quiet"  # over, not begun, or nothing asked


@dataclass(frozen=True)
class BottomLine:
    """What is said of `about` on `moment`: a verdict in a word or two, then sentences.

    `attention`: everybody in a cohort who needs it, the gravest first; of a program of all its cohorts, each with its own view.
    """

    about: str
    moment: Moment
    verdict: Verdict
    word: str
    sentences: list[Sentence]
    attention: list[Case]
    nations: tuple[str, ...] = field(default=(), compare=False)  # to whose trainees the reader is limited

    @property
    def text(self) -> str:
        """The same to be sent on: with what it is about, and the two dates."""
        said = {"what": self.about, "as_of": _day(self.moment.as_of), "known": _day(self.moment.known)}
        head = _("%(what)s as of %(as_of)s, as known on %(known)s") % said
        if self.nations:
            head += ", " + _("only trainees of %(nation)s") % {"nation": ", ".join(self.nations)}
        told = ["".join(piece.text for piece in sentence) for sentence in self.sentences]
        return " ".join([f"{head}:", f"{self.word}.", *told])


def told(text: str, /, **parts: Piece | Sentence | str) -> Sentence:
    """The pieces of `text`, in which each {name} stands for one of `parts`; translators may order them anew."""
    pieces: Sentence = []
    for words, name, _spec, _conversion in Formatter().parse(text):
        if words:
            pieces.append(Piece(words))
        if name:
            part = parts[name]
            pieces += [Piece(part)] if isinstance(part, str) else [part] if isinstance(part, Piece) else part
    return pieces


# ---- a cohort


def bottom_line_of(
    view: CohortView, ratings: Ratings | None = None, endings: Mapping[Outcome, int] | None = None
) -> BottomLine:
    """A cohort's. No query: `view` has all of it.

    With `ratings`, the commander's are told where they differ from the bands; with `endings` (selectors/finish.py), how many
    can still finish.
    """
    found = attention_of(view).cases
    verdict, word = _verdict(view)
    sentences: list[Sentence] = []
    if view.entries and view.progress.counted:
        sentences += [sentence for of in SENTENCES for sentence in of(view, found)]
        sentences += _endings(view, endings) if endings else []
        sentences += _ratings(view, ratings or {})
    elif view.entries:
        sentences.append([Piece(_("Nobody is counted in this cohort yet."))])
    else:
        sentences.append([Piece(_("This cohort follows no curriculum yet, so nothing is asked of anybody."))])
    about = _("Cohort %(cohort)s") % {"cohort": view.cohort}
    return BottomLine(about, view.moment, verdict, word, sentences, found, tuple(view.limits.values()))


def _verdict(view: CohortView) -> tuple[Verdict, str]:
    if not view.entries or not view.progress.counted:
        return Verdict.QUIET, _("Nothing to tell yet")
    if view.over:
        return Verdict.QUIET, _("Over")
    if view.moment.as_of < view.cohort.starts_on:
        return Verdict.QUIET, _("Not begun")
    if view.overdue:
        return Verdict.NOT_ON_COURSE, _("Not on course")
    return Verdict.ON_COURSE, _("On course")


def _by_the_plan(view: CohortView, _found: Sequence[Case]) -> Iterator[Sentence]:
    """Whether what was due is met: who lacks some of it, the longest since when, what most often; who may only lack records."""
    if view.over or view.moment.as_of < view.cohort.starts_on:
        return
    if not view.due:
        yield [Piece(_("Nothing is due by the plan yet."))]
    elif not view.overdue:
        yield [Piece(_("All that was due by the plan is met."))]
    else:
        lacking = Counter(module for lacks in view.overdue.values() for module in lacks)
        most = [
            Piece(view.entries[module].code, _module(view, module))
            for module, _n in sorted(lacking.items(), key=lambda one: (-one[1], view.entries[one[0]].position))[:MOSTLY]
        ]
        yield told(
            ngettext(
                "{few} trainees lacks what was due by the plan, since {day}: {most}.",
                "{few} trainees lack what was due by the plan, the longest since {day}, most often {most}.",
                len(view.overdue),
            ),
            few=_of(view, len(view.overdue), "overdue"),
            day=_short(min(day for lacks in view.overdue.values() for day in lacks.values())),
            most=_listed(most),
        )
        if n := len(view.unrecorded):
            text = ngettext(
                "{of_these} of these may only lack a record.", "{of_these} of these may only lack records.", n
            )
            yield told(text, of_these=Piece(str(n), _matrix(view, "unrecorded"), n))


def _meeting(view: CohortView, _found: Sequence[Case]) -> Iterator[Sentence]:
    """How many meet all, and how many lack one."""
    p = view.progress
    lack = sum(len(one.required) - len(one.satisfied) == 1 for one in p.trainees.values())
    if p.meeting.all:
        text = _("All {few} met all requirements.") if view.over else _("All {few} meet all requirements.")
        few = Piece(str(p.meeting.part), _matrix(view, "met"), p.meeting.part)
    else:
        text = _("{few} met all requirements.") if view.over else _("{few} meet all requirements.")
        few = _of(view, p.meeting.part, "met")
    yield told(text, few=few)
    if lack:
        text = ngettext("{lack} lacks a single module.", "{lack} lack a single module.", lack)
        yield told(text, lack=Piece(str(lack), _matrix(view, "one_short"), lack))


def _attention(view: CohortView, found: Sequence[Case]) -> Iterator[Sentence]:
    """How many need attention, who most, since when and because of what."""
    if found:
        yield _gravest(
            len(found),
            _at(view, "cohort_attention"),
            len(found),
            Piece(str(found[0].person), reverse("trainees:trainee_detail", args=[found[0].person.uuid]) + view.link),
            _reason(view, found[0], found[0].reasons[0]),
        )


def _gravest(n: int, link: str, rows: int | None, who: Piece, why: Piece) -> Sentence:
    """How many need attention, behind a link to so many `rows`; who most, and why."""
    words = ngettext("%(n)s trainee needs attention", "%(n)s trainees need attention", n) % {"n": n}
    text = ngettext("{number}, {who}: {why}.", "{number}, first of all {who}: {why}.", n)
    return told(text, number=Piece(words, link, rows), who=who, why=why)


def _reason(view: CohortView, case: Case, one: Told) -> Piece:
    """Why, leading to the records that say so."""
    address = reverse("trainees:trainee_detail", args=[case.person.uuid])
    if one.entry:
        address = reverse("trainees:cell", args=[case.person.uuid, view.cohort.program.slug, one.entry.code])
    return Piece(one.sentence, address + view.link)


def _not_recorded(view: CohortView, _found: Sequence[Case]) -> Iterator[Sentence]:
    """What the numbers do not know yet."""
    p = view.progress
    missing = missing_of(view)
    pieces = []
    if p.open_registers:
        n = len(p.open_registers)
        pieces.append(Piece(_registers(n), _at(view, "session_list", "state=open"), n))
    if missing:
        sessions = sum(bool(one.results_missing) for one in p.sessions.values())
        pieces.append(Piece(_results(missing), _at(view, "session_list", "state=results"), sessions))
    if pieces:
        yield told(_("Not recorded: {what}."), what=_listed(pieces))
    elif p.sessions:
        yield [Piece(_("All registers and results are recorded."))]
    else:
        yield [Piece(_("No session has been held yet."))]


def _endings(view: CohortView, endings: Mapping[Outcome, int]) -> Iterator[Sentence]:
    """Whether those who have not met all can still finish, while there is something to come."""
    pieces = [
        Piece(words, _at(view, "cohort_finish", f"outcome={outcome.value}"), n)
        for outcome, n, words in summary(endings)
        if outcome is not Outcome.MET
    ]
    if pieces and not view.over:
        day = _day(view.cohort.ends_on)
        yield told(_("By {day}: {what}."), day=day, what=_listed(pieces))


def _ratings(view: CohortView, ratings: Ratings) -> Iterator[Sentence]:
    """Where the commander judges otherwise than the numbers do."""
    other = [
        told(
            _("{module} {rated} (computed {band})"),
            module=Piece(view.entries[module].code, _module(view, module)),
            rated=ratings[module].band,
            band=of.band.value,
        )
        for module, of in view.progress.modules.items()
        if module in ratings and of.band and of.band.value != ratings[module].band
    ]
    if other:
        yield told(_("The commander rates otherwise: {modules}."), modules=_listed(other))


SENTENCES: tuple[Callable[[CohortView, Sequence[Case]], Iterator[Sentence]], ...]
SENTENCES = (_by_the_plan, _meeting, _attention, _not_recorded)


def missing_of(view: CohortView) -> int:
    """How many results are due and not entered."""
    return view.progress.results.whole - view.progress.results.part


# ---- a program


@dataclass(frozen=True)
class Together:
    """The sums over several cohorts, as a program's bottom line tells them."""

    cohorts: int
    counted: int
    coverage: Share
    meeting: int
    overdue: int
    attention: int
    registers: int
    results: int

    @classmethod
    def of(cls, views: Sequence[CohortView], lines: Mapping[int, BottomLine]) -> "Together":
        every = [view.progress for view in views]
        return cls(
            cohorts=len(views),
            counted=sum(len(p.counted) for p in every),
            coverage=Share(sum(p.coverage.part for p in every), sum(p.coverage.whole for p in every)),
            meeting=sum(p.meeting.part for p in every),
            overdue=sum(len(view.overdue) for view in views),
            attention=sum(len(lines[view.cohort.pk].attention) for view in views),
            registers=sum(len(p.open_registers) for p in every),
            results=sum(map(missing_of, views)),
        )


def program_bottom_line(
    program: Program,
    moment: Moment,
    views: Sequence[CohortView],
    lines: Mapping[int, BottomLine],
    cohorts: Sequence[Cohort],
) -> BottomLine:
    """A program's, over its cohorts that run on the day asked about. Practice is left out.

    `views` has those at least, `lines` theirs, by cohort; where none runs, `cohorts` say when the last did and the next will.
    """
    running = [view for view in views if view.cohort.runs_on(moment.as_of) and not view.cohort.practice]
    nations = tuple({nation: None for view in views for nation in view.limits.values()})
    about = str(program.title)
    if not running:
        return BottomLine(
            about, moment, Verdict.QUIET, _("No cohort is running"), [*_elsewhen(moment, cohorts)], [], nations
        )
    off = [view for view in running if lines[view.cohort.pk].verdict is Verdict.NOT_ON_COURSE]
    page = reverse("trainees:program_briefing", args=[program.slug]) + _dates(moment)
    sums = Together.of(running, lines)
    many = Piece(_cohorts(len(running)), f"{page}#running", len(running))
    sentences = [told(ngettext("{many} is running.", "{many} are running.", len(running)), many=many)]
    if off:
        names = [Piece(str(view.cohort), _at(view, "cohort_detail")) for view in off]
        sentences.append(told(_("Not on course: {cohorts}."), cohorts=_listed(names)))
        text = ngettext(
            "{few} trainees lacks what was due by the plan.",
            "{few} trainees lack what was due by the plan.",
            sums.overdue,
        )
        sentences.append(told(text, few=Piece(_part(sums.overdue, sums.counted), f"{page}#running")))
    met = Piece(_part(sums.meeting, sums.counted), f"{page}#running")
    sentences.append(told(_("{few} meet all requirements."), few=met))
    gravest = ranked((view, lines[view.cohort.pk].attention) for view in running)
    if gravest:
        view, case = gravest[0]
        who = Piece(f"{case.person}", reverse("trainees:trainee_detail", args=[case.person.uuid]) + view.link)
        ranking = reverse("trainees:program_attention", args=[program.slug]) + _dates(moment) + "&cohort=!practice"
        sentences.append(_gravest(len(gravest), ranking, len(gravest), who, _reason(view, case, case.reasons[0])))
    missing = [Piece(_registers(sums.registers), f"{page}#running")] if sums.registers else []
    missing += [Piece(_results(sums.results), f"{page}#running")] if sums.results else []
    if missing:
        sentences.append(told(_("Not recorded: {what}."), what=_listed(missing)))
    verdict = Verdict.NOT_ON_COURSE if off else Verdict.ON_COURSE
    word = _("Not on course") if off else _("On course")
    return BottomLine(about, moment, verdict, word, sentences, [case for _view, case in gravest], nations)


def last_over(cohorts: Sequence[Cohort], moment: Moment) -> Cohort | None:
    """The one that ended last before the day asked about, practice left out."""
    over = [one for one in cohorts if one.ends_on < moment.as_of and not one.practice]
    return max(over, key=lambda one: one.ends_on, default=None)


def _elsewhen(moment: Moment, cohorts: Sequence[Cohort]) -> Iterator[Sentence]:
    """The cohort that ended last, and the one that begins next."""
    real = [one for one in cohorts if not one.practice]
    over = last_over(cohorts, moment)
    next_ = min((one for one in real if one.starts_on > moment.as_of), key=lambda one: one.starts_on, default=None)
    if over:
        yield told(
            _("The last one, {cohort}, ended on {day}."),
            cohort=_cohort(over),
            day=_day(over.ends_on),
        )
    if next_:
        yield told(
            _("The next one, {cohort}, begins on {day}."),
            cohort=_cohort(next_),
            day=_day(next_.starts_on),
        )


# ---- addresses and words


def _at(view: CohortView, page: str, query: str = "") -> str:
    return reverse(f"trainees:{page}", args=[view.cohort.slug]) + view.link + (f"&{query}" if query else "")


def _matrix(view: CohortView, show: str) -> str:
    return _at(view, "cohort_progress", f"show={show}")


def _module(view: CohortView, module: int) -> str:
    return reverse("trainees:cohort_module", args=[view.cohort.slug, view.entries[module].code]) + view.link


def _of(view: CohortView, part: int, show: str) -> Piece:
    """So many of those counted."""
    return Piece(_part(part, len(view.progress.counted)), _matrix(view, show), part)


def _part(part: int, whole: int) -> str:
    return _("%(part)s of %(whole)s") % {"part": part, "whole": whole}


def _registers(n: int) -> str:
    return ngettext("%(n)s register", "%(n)s registers", n) % {"n": n}


def _results(n: int) -> str:
    return ngettext("%(n)s result", "%(n)s results", n) % {"n": n}


def _cohort(one: Cohort) -> Piece:
    return Piece(str(one), reverse("trainees:cohort_detail", args=[one.slug]))


def _cohorts(n: int) -> str:
    return ngettext("%(n)s cohort", "%(n)s cohorts", n) % {"n": n}


def _listed(pieces: Sequence[Piece | Sentence]) -> Sentence:
    """One after the other, with commas."""
    found: Sentence = []
    for n, piece in enumerate(pieces):
        found += [Piece(", ")] if n else []
        found += [piece] if isinstance(piece, Piece) else piece
    return found


def _dates(moment: Moment) -> str:
    return f"?as_of={moment.as_of.isoformat()}&known={moment.known.isoformat()}"


def _day(day: datetime.date) -> str:
    return date_format(day)


def _short(day: datetime.date) -> str:
    return date_format(day, "j M")
