"""Forbidden and required constructs in submitted code, found in its syntax tree, without running it.

Rules are data: dotted names such as `torch.nn` or `keras.layers.*Cell`, exceptions to them, method names, and
names of which at least one must be used. A name is followed through imports and their aliases, star imports,
assignments, containers, function arguments and returns, attributes, `getattr`, `operator.attrgetter`, `__import__`,
`importlib.import_module`, `sys.modules`, `vars` and `__dict__` with constant (also concatenated) strings. The
analysis ignores the order of execution, so that it finds rather too many paths than too few; what it cannot
follow (computed strings, `eval`, `exec`, magics, modules that are not installed, a library handed to a function of
somebody else's) is listed as suspicious, or forbidden if the rules say so.
What no reading of the source can see is left to `autograder.checks.stubs`.

Input: cells as (label, text); text is Python, in which left-over magics and shell lines are tolerated.
Evidence of the kind "source": it judges the text that was handed in.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from autograder.checks.parsed_cell import parse_cell
from autograder.checks.source_names import Names, const_text, dotted

MAX_FINDINGS = 50


class Kind(StrEnum):
    """What a finding means."""

    FORBIDDEN = "forbidden"  # breaks a rule
    SUSPICIOUS = "suspicious"  # may hide something that breaks a rule: for a person to look at
    UNREADABLE = "unreadable"  # the cell is not Python


# The same objects under other names. Longest prefix first; applied once.
LIBRARY_ALIASES: tuple[tuple[str, str], ...] = (
    ("tensorflow.compat.v2.keras", "keras"),
    ("tensorflow.compat.v1.keras", "keras"),
    ("tensorflow.keras", "keras"),
    ("tensorflow.python.keras", "keras"),
    ("keras._tf_keras.keras", "keras"),
    ("keras.api", "keras"),
    ("keras.src", "keras"),
    ("tensorflow.compat.v2", "tensorflow"),
    ("tensorflow.compat.v1", "tensorflow"),
    ("tensorflow._api.v2", "tensorflow"),
)

DYNAMIC_NAMES: tuple[str, ...] = (
    "eval",
    "exec",
    "compile",
    "__import__",
    "__builtins__",
    "builtins",
    "importlib",
    "runpy",
    "imp",
    "pkgutil",
    "ctypes",
    "pickle",
    "marshal",
    "subprocess",
    "os.system",
    "os.popen",
    "sys.modules",
    "sys.meta_path",
    "gc",
    "inspect",
    "get_ipython",
    "IPython",
    "code",
    "codeop",
    "joblib",
    "dill",
    "cloudpickle",
    "shelve",
    "numpy.load",
    "tensorflow.saved_model",
    "keras.saving",
    "keras.utils.deserialize_keras_object",
    "keras.utils.legacy",
)
DYNAMIC_ATTRIBUTES = frozenset(
    {"__dict__", "__subclasses__", "__globals__", "__builtins__", "__bases__", "__mro__", "__getattribute__"}
    | {"__loader__", "__spec__", "__code__", "__closure__", "__import__"}
)


@dataclass(frozen=True)
class Rules:
    """`forbidden`: dotted names with `*` inside a part; each covers everything below it. `allowed`:
    exceptions, which cover what is below them too. `methods`: names that may not be called on objects of
    unknown or of the forbidden libraries' making (`fit`). `required`: what students call a construct ->
    dotted names (or, for a name without a dot, any function or attribute of that name) of which one must be
    used. `dynamic`: what to do with constructs that cannot be followed. `reason` ends the sentence that a
    student reads.
    """

    forbidden: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    required: tuple[tuple[str, tuple[str, ...]], ...] = ()
    dynamic: Kind = Kind.SUSPICIOUS
    dynamic_names: tuple[str, ...] = DYNAMIC_NAMES
    aliases: tuple[tuple[str, str], ...] = LIBRARY_ALIASES
    reason: str = ""

    def forbids(self, name: str) -> bool:
        return _covered(name, self.forbidden) and not _covered(name, self.allowed)

    def leads_to_forbidden(self, name: str) -> bool:
        """True if a forbidden name lies below `name`."""
        return any(
            _covered(".".join(pattern.split(".")[: name.count(".") + 1]), (name,))
            for pattern in self.forbidden
        )

    def leads_to_allowed(self, name: str) -> bool:
        return any(pattern.startswith(name + ".") for pattern in self.allowed)


@dataclass(frozen=True)
class Finding:
    """One place in the submitted code. `line` counts from 1 within the cell; `text` is that line,
    shortened."""

    kind: Kind
    cell: str
    line: int
    text: str
    name: str
    sentence: str


@dataclass(frozen=True)
class SourceReport:
    """`ok` if nothing forbidden was found and nothing required is missing; suspicious findings do not
    count."""

    ok: bool
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    sentence: str

    @property
    def forbidden(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.kind is Kind.FORBIDDEN)

    @property
    def suspicious(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.kind is not Kind.FORBIDDEN)


def check(
    cells: Sequence[tuple[str, str]], rules: Rules, context: Sequence[tuple[str, str]] = ()
) -> SourceReport:
    """Judge `cells`; `context` (given cells with the imports, say) only tells what names mean."""
    judged = [parse_cell(label, text) for label, text in cells]
    known = [parse_cell(label, text) for label, text in context]
    names = Names([cell.tree for cell in known + judged], rules.aliases, rules.leads_to_forbidden)
    search = _Search(rules, names)
    for cell in judged:
        search.cell(cell.label, cell.text, cell.tree, cell.magics, cell.problem)
    if names.exhausted:
        search.give_up()
    findings = tuple(search.findings.values())[:MAX_FINDINGS]
    missing = tuple(what for what, wanted in rules.required if not search.uses_one_of(wanted))
    forbidden = [f for f in findings if f.kind is Kind.FORBIDDEN]
    return SourceReport(
        ok=not forbidden and not missing,
        findings=findings,
        missing=missing,
        sentence=_sentence(forbidden, missing, rules.reason),
    )


@dataclass
class _Search:
    rules: Rules
    names: Names
    findings: dict[tuple[str, int, Kind], Finding] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def give_up(self) -> None:
        sentence = "The code is too convoluted for the rules to be checked; write it more simply."
        given_up = Finding(Kind.FORBIDDEN, "all cells", 0, "", "", sentence)
        self.findings = {("", 0, Kind.FORBIDDEN): given_up, **self.findings}

    def uses_one_of(self, wanted: tuple[str, ...]) -> bool:
        for want in wanted:
            if "." in want and any(_covered(name, (want,)) for name in self.used):
                return True
            if "." not in want and any(want in name.split(".") for name in self.used):
                return True
        return False

    def cell(
        self, label: str, text: str, tree: ast.Module, magics: Sequence[tuple[int, str]], problem: str
    ) -> None:
        lines = text.split("\n")

        def add(kind: Kind, line: int, name: str, sentence: str) -> None:
            shown = lines[line - 1].strip()[:160] if 0 < line <= len(lines) else ""
            self.findings.setdefault((label, line, kind), Finding(kind, label, line, shown, name, sentence))

        if problem:
            add(Kind.UNREADABLE, 1, "", f"This cell is not Python: {problem}.")
        for line, magic in magics:
            if not _harmless(magic):
                sentence = "A magic or shell command, which the grader cannot read."
                add(self.rules.dynamic, line, magic.split()[0], sentence)
        inside = _nodes_with_context(tree)
        for node, part_of_chain, annotation in inside:
            for name, kind, sentence in [*self._judge(node, part_of_chain), *self._judge_handed_on(node)]:
                weaker = Kind.SUSPICIOUS if annotation and kind is Kind.FORBIDDEN else kind
                add(weaker, getattr(node, "lineno", 1), name, sentence)

    def _judge(self, node: ast.AST, part_of_chain: bool) -> list[tuple[str, Kind, str]]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            return self._judge_import(node)
        if not isinstance(node, ast.Attribute | ast.Name | ast.Call | ast.Subscript):
            return []
        found: list[tuple[str, Kind, str]] = []
        if isinstance(node, ast.Call):
            found += self._judge_call(node)
        if isinstance(node, ast.Attribute):
            if node.attr in DYNAMIC_ATTRIBUTES:
                found.append(
                    (node.attr, self.rules.dynamic, f"`{node.attr}` can reach what the rules forbid.")
                )
            self.used.add(node.attr)
        if part_of_chain or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            return found
        if isinstance(node, ast.Call) and not self.names.is_lookup(node):
            return found
        for name in self.names.resolve(node):
            self.used.add(name)
            if name.endswith("()"):
                continue
            if self.rules.forbids(name) and not self.rules.leads_to_allowed(name):
                found.append((name, Kind.FORBIDDEN, f"`{name}` is not allowed here."))
            elif _covered(name, self.rules.dynamic_names):
                found.append((name, self.rules.dynamic, f"`{name}` can reach what the rules forbid."))
        return found

    def _judge_import(self, node: ast.Import | ast.ImportFrom) -> list[tuple[str, Kind, str]]:
        found = []
        for name in self.names.imported(node):
            self.used.add(name)
            if self.rules.forbids(name) and not self.rules.leads_to_allowed(name):
                found.append((name, Kind.FORBIDDEN, f"`{name}` is not allowed here."))
            elif _covered(name, self.rules.dynamic_names):
                found.append((name, self.rules.dynamic, f"`{name}` can reach what the rules forbid."))
            elif not _installed(name.split(".")[0]):
                found.append(
                    (name, self.rules.dynamic, f"`{name}` is a module that the grader does not know.")
                )
        return found

    def _judge_call(self, node: ast.Call) -> list[tuple[str, Kind, str]]:
        if isinstance(node.func, ast.Attribute) and node.func.attr in self.rules.methods:
            return self._method(node.func.attr, node.func.value)
        fetchers = self.names.resolve(node.func) & _FETCHERS
        if fetchers:
            key = node.args[1:2] if "getattr" in fetchers else node.args[:1]
            texts = const_text(key[0], self.names) if key else frozenset()
            if not texts:
                return [("getattr", self.rules.dynamic, "An attribute whose name is computed.")]
            methods = sorted(texts & set(self.rules.methods))
            if methods:
                return self._method(methods[0], node.args[0])
        return []

    def _judge_handed_on(self, node: ast.AST) -> list[tuple[str, Kind, str]]:
        """Libraries that hold something forbidden, and `getattr` itself, given to a function that may fetch from it."""
        if isinstance(node, ast.Match):
            given: list[ast.expr] = [node.subject]
        elif isinstance(node, ast.Call) and not self.names.follows(node):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
        else:
            return []
        for value in given:
            for name in sorted(self.names.resolve(value)):
                if name in _FETCHERS or self._leads_further(name):
                    sentence = f"`{name}` is handed on, to where the grader cannot follow."
                    return [(name, self.rules.dynamic, sentence)]
        return []

    def _leads_further(self, name: str) -> bool:
        """Whether something forbidden, or some way to it, is an attribute of `name`, which itself is neither."""
        rules = self.rules
        below = any(way.startswith(name + ".") for way in rules.dynamic_names)
        return (below or rules.leads_to_forbidden(name)) and not rules.forbids(name)

    def _method(self, method: str, owner: ast.expr) -> list[tuple[str, Kind, str]]:
        makers = self.names.resolve(owner)
        if makers and not any(maker.split(".")[0].removesuffix("()") in _LIBRARIES for maker in makers):
            return []
        return [(f".{method}", Kind.FORBIDDEN, f"The method `{method}` is not allowed here.")]


_LIBRARIES = ("keras", "tensorflow", "torch")  # whose objects the banned methods belong to
_FETCHERS = frozenset({"getattr", "operator.attrgetter", "operator.methodcaller"})
_HARMLESS_MAGICS = frozenset(
    {
        "%matplotlib",
        "%time",
        "%%time",
        "%timeit",
        "%%timeit",
        "%%capture",
        "%tensorboard",
        "%pwd",
        "%who",
        "%whos",
        "%precision",
        "%xmode",
    }
)
_HARMLESS_EXTENSIONS = frozenset({"tensorboard", "autoreload"})


def _harmless(magic: str) -> bool:
    """Whether a line with a magic does nothing but what the text shows."""
    name, *words = magic.split()
    if name == "%load_ext":
        return _HARMLESS_EXTENSIONS.issuperset(words)
    return name in _HARMLESS_MAGICS or (name == "%config" and "".join(words).startswith("InlineBackend."))


@functools.cache
def _installed(module: str) -> bool:
    """Whether `import module` would find something here, or in the other profile; it is not imported."""
    try:
        return (
            module in (*sys.stdlib_module_names, *_LIBRARIES) or importlib.util.find_spec(module) is not None
        )
    except (ImportError, ValueError):  # ValueError: a module without a specification, such as __main__
        return False


def _nodes_with_context(tree: ast.Module) -> list[tuple[ast.AST, bool, bool]]:
    """All nodes, each with: is it the left part of a longer dotted chain, does it stand in a type
    annotation."""
    result: list[tuple[ast.AST, bool, bool]] = []
    stack: list[tuple[ast.AST, bool, bool]] = [(tree, False, False)]
    while stack:
        node, chained, annotated = stack.pop()
        result.append((node, chained, annotated))
        for name, value in ast.iter_fields(node):
            children = value if isinstance(value, list) else [value]
            for child in children:
                if isinstance(child, ast.AST):
                    in_chain = isinstance(node, ast.Attribute) and name == "value"
                    stack.append((child, in_chain, annotated or name in ("annotation", "returns")))
    return result


def _covered(name: str, patterns: Sequence[str]) -> bool:
    return any(dotted(name, pattern) for pattern in patterns)


def _sentence(forbidden: Sequence[Finding], missing: Sequence[str], reason: str) -> str:
    parts = []
    if forbidden:
        first = forbidden[0]
        if not first.name:
            return first.sentence
        more = f" (and {len(forbidden) - 1} more)" if len(forbidden) > 1 else ""
        parts.append(
            f"`{first.name}` is not allowed here: {first.cell}, line {first.line}: `{first.text}`{more}."
        )
    parts += [f"The code should use {what}." for what in missing]
    if parts and reason:
        parts.append(reason)
    return " ".join(parts) or "The code keeps to the rules."
