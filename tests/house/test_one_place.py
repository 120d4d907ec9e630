"""One place decides who may: no view looks for a row by what an address says, but through programs/access.py.

A query in a view is either asked through `fetch`, `visible_to` and their like, or narrowed by a row that was. Read from the
source: what a name holds is followed through the assignments of its function.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VIEWS = sorted([*ROOT.glob("programs/views/*.py"), *ROOT.glob("trainees/views/*.py")])
ASK = {"fetch", "visible_to", "recorded_by", "run_by", "wholly_visible_to", "wholly_run_by", "within"}
LOOK = {"get_object_or_404", "get_list_or_404"}
EXCEPT = {
    ("invitation_accept", "Invitation"): "the token in the address is the right; it is found by its hash",
    ("act_undo", "Act"): "whose program it was is asked in the next line",
    ("excusal_create", "Trainee"): "proposed among the choices of the cohort; somebody else's number proposes nobody",
    ("_fetch", "SkillModule"): "the catalogue is everybody's, and it is a part of what is fetched",
    ("leave_create", "SkillModule"): "the catalogue is everybody's",
    ("result_mark", "SkillModule"): "the catalogue is everybody's",
}


def names(node):
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def called(node):
    """What is called within `node`, by its last name."""
    calls = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
    return {getattr(func, "attr", getattr(func, "id", "")) for func in calls}


def targets(node):
    """The names that a statement gives something to."""
    given = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return {one.id for target in given if target for one in ast.walk(target) if isinstance(one, ast.Name)}


class Function:
    """What a function of a module of views asks for by itself. `asking` are its helpers that ask who may."""

    def __init__(self, node, asking, constants):
        self.node, self.asking = node, asking
        self.parents = {child: one for one in ast.walk(node) for child in ast.iter_child_nodes(one)}
        public = not node.name.startswith("_")
        self.held = set() if public else {arg.arg for arg in node.args.args} - {"request", "pk", "uuid", "slug", "code"}
        self.open = dict(constants)  # names of querysets that nobody has narrowed yet, with their models

    def bare(self):
        """The models whose rows are looked for without asking, in the order of the source."""
        found = []
        for statement in self._in_order():
            if isinstance(statement, ast.Assign | ast.AnnAssign | ast.For | ast.NamedExpr | ast.comprehension):
                value = getattr(statement, "value", None) or getattr(statement, "iter", None)
                if value is not None and (called(value) & self.asking or names(value) & self.held):
                    self.held |= targets(statement)
            if (model := self._model(statement)) and not self._asked(statement):
                top = self._whole(statement)
                parent = self.parents.get(top)
                if isinstance(parent, ast.Assign) and len(targets(parent)) == 1:
                    self.open[targets(parent).pop()] = model
                else:
                    found.append(model)
        return found

    def _in_order(self):
        nodes = [one for one in ast.walk(self.node) if hasattr(one, "lineno") or isinstance(one, ast.comprehension)]
        at = {one: getattr(one, "lineno", 0) or one.target.lineno for one in nodes}
        return sorted(nodes, key=lambda one: (at[one], not isinstance(one, ast.stmt)))

    def _model(self, node):
        """The model that `node` is the beginning of a query of."""
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}:
            return getattr(node.value, "id", "?")
        if isinstance(node, ast.Call) and called_as(node) in LOOK:
            model = getattr(node.args[0], "id", "")
            return model if model[:1].isupper() and not model.isupper() else None  # a constant is a queryset
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            return self.open.get(node.id)
        return None

    def _whole(self, node):
        """The query that begins with `node`: `X.objects`, and what is called on it."""
        while isinstance(parent := self.parents.get(node), ast.Attribute) or (
            isinstance(parent, ast.Call) and (parent.func is node or called_as(parent) in LOOK)
        ):
            node = parent
        return node

    def _asked(self, node):
        whole = self._whole(node)
        if called(whole) & ASK or names(whole) & self.held:
            return True
        while (whole := self.parents.get(whole)) is not None:
            if isinstance(whole, ast.Call) and called_as(whole) in self.asking | ASK:
                return True
        return False


def called_as(call):
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def bare_in(source, asking=frozenset()):
    """(function, model) of each query in `source` that nobody asked who may."""
    tree = ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    asking = set(ASK | asking)
    for _ in functions:  # a helper of a helper, too
        asking |= {node.name for node in functions if called(node) & asking}
    constants = {
        name: next(iter([one.value.id for one in ast.walk(node.value) if getattr(one, "attr", "") == "objects"]), "")
        for node in tree.body
        if isinstance(node, ast.Assign) and "objects" in ast.unparse(node.value)
        for name in targets(node)
    }
    return [(node.name, model) for node in functions for model in Function(node, asking, constants).bare()]


def test_no_view_finds_a_row_without_asking_who_may():
    helpers = {"cohort_page"}  # of trainees/views/cohorts.py, which others use
    found = {one for path in VIEWS for one in bare_in(path.read_text(), helpers)}
    assert found == set(EXCEPT)


@pytest.mark.parametrize(
    "written",
    [
        "def view(request, pk):\n    return Cohort.objects.get(pk=pk)",
        "def view(request, pk):\n    return get_object_or_404(Cohort, pk=pk)",
        "def view(request, pk):\n    return get_object_or_404(Cohort.objects.select_related('act'), pk=pk)",
        "def view(request, pk):\n    rows = Cohort.objects.all()\n    return rows.filter(pk=pk).first()",
        "ROWS = Cohort.objects.select_related('act')\ndef view(request, pk):\n    return ROWS.get(pk=pk)",
        "def view(request, pk):\n    cohort = _of(pk)\n    return cohort\ndef _of(pk):\n    return Cohort.objects.get(pk=pk)",
        "def view(request):\n    return [one for one in Cohort.objects.filter(pk=request.GET['pk'])]",
    ],
)
def test_what_asks_nobody_is_found(written):
    assert [model for _, model in bare_in(written)] == ["Cohort"]


@pytest.mark.parametrize(
    "written",
    [
        "def view(request, pk):\n    return fetch(Cohort.objects, request.user, pk=pk)",
        "def view(request, pk):\n    rows = Cohort.objects.all()\n    return fetch(rows, request.user, pk=pk)",
        "def view(request, pk):\n    return Cohort.objects.visible_to(request.user).get(pk=pk)",
        "def view(request, pk):\n    one = fetch(COHORTS, request.user, pk=pk)\n    return Group.objects.filter(cohort=one)",
    ],
)
def test_what_was_asked_or_hangs_on_what_was_is_fine(written):
    assert bare_in(written) == []
