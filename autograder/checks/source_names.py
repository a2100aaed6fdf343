"""What the names in Python code stand for: an analysis of the syntax tree that ignores the order of
execution.

`Names` maps each expression to the set of dotted library names that it may denote: `q.Linear` after `from
torch import nn as q` may be `torch.nn.Linear`. The result of calling something of a library is written as the
library with parentheses (`torch()`): an object of its making, of which nothing else is known.
"""

from __future__ import annotations

import ast
import fnmatch
import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

MAX_PARTS = 12  # parts of a dotted name that are followed
MAX_NAMES = 24  # meanings that one name may have
MAX_DEPTH = 60  # nesting of an expression that is followed
MAX_WORK = 1_000_000  # expressions followed in all; a long notebook needs a hundredth of it
ROUNDS = 12  # passes over all assignments; each follows one more step of a chain of aliases

NOTHING: frozenset[str] = frozenset()


@functools.lru_cache(maxsize=1 << 16)
def dotted(name: str, pattern: str) -> bool:
    """True if `name` is `pattern` or lies below it; `*` in the pattern stays within one part of the name."""
    wanted, parts = pattern.split("."), name.split(".")
    if len(parts) < len(wanted):
        return False
    return all(fnmatch.fnmatchcase(part, want) for part, want in zip(parts, wanted, strict=False))


class Names:
    """Meanings of all names of some trees together, as if they were one module with one scope."""

    def __init__(
        self,
        trees: Sequence[ast.Module],
        aliases: Sequence[tuple[str, str]] = (),
        passes_through: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self._aliases = aliases
        self._passes_through = passes_through
        self._meanings: dict[str, set[str]] = defaultdict(set)  # names, and attributes as ".name"
        self._texts: dict[str, set[str]] = defaultdict(set)  # constant strings bound to names
        self._returns: dict[str, list[ast.expr]] = defaultdict(list)
        self._functions: dict[str, ast.arguments] = {}
        self._stars: set[str] = set()
        self._bound: set[str] = set()
        self._work = 0
        nodes = [node for tree in trees for node in ast.walk(tree)]
        for node in nodes:
            self._collect(node)
        bindings = [binding for node in nodes for binding in self._bindings(node)]
        for _ in range(ROUNDS):
            if not any([self._bind(name, value) for name, value in bindings]):
                break

    def resolve(self, node: ast.AST | None, depth: int = 0) -> frozenset[str]:
        """Dotted names that the expression may denote; empty if nothing is known."""
        self._work += 1
        if node is None or depth > MAX_DEPTH or self.exhausted:
            return NOTHING
        inner = depth + 1
        match node:
            case ast.Name(id=name):
                return self._name(name)
            case ast.Attribute(value=value, attr=attr):
                owners = self.resolve(value, inner)
                self._work += len(owners)
                below = {o if o.endswith("()") else self.canonical(f"{o}.{attr}") for o in owners}
                return frozenset(below) | frozenset(self._meanings.get("." + attr, ()))
            case ast.Call():
                return self._call(node, inner)
            case ast.Subscript(value=value, slice=key):
                return self._subscript(value, key, inner)
            case ast.IfExp(body=body, orelse=orelse):
                return self.resolve(body, inner) | self.resolve(orelse, inner)
            case ast.NamedExpr(value=value) | ast.Starred(value=value) | ast.Await(value=value):
                return self.resolve(value, inner)
            case (
                ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts)
            ):
                return self._union(parts, inner)
            case ast.Dict(values=parts):
                return self._union(parts, inner)
            case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
                return self.resolve(element, inner)
        return NOTHING

    @property
    def exhausted(self) -> bool:
        """True if the code is so convoluted that following it was given up."""
        return self._work > MAX_WORK or len(self._stars) > MAX_NAMES

    def imported(self, node: ast.Import | ast.ImportFrom) -> frozenset[str]:
        """Dotted names that an import statement brings in."""
        if isinstance(node, ast.Import):
            return frozenset(self.canonical(alias.name) for alias in node.names)
        module = node.module or ""
        return frozenset(
            self.canonical(module if alias.name == "*" else f"{module}.{alias.name}") for alias in node.names
        )

    def is_lookup(self, node: ast.Call) -> bool:
        """True for calls that fetch something by its name: getattr, an attrgetter, __import__, import_module."""
        functions = self.resolve(node.func)
        return bool(functions & _LOOKUPS) or any(name.startswith(_GETTER) for name in functions)

    def follows(self, node: ast.Call) -> bool:
        """True for calls whose arguments keep their meaning: of lookups, and of functions that the code defines."""
        defined = isinstance(node.func, ast.Name) and node.func.id in self._functions
        return defined or self.is_lookup(node)

    def texts(self, name: str) -> frozenset[str]:
        return frozenset(self._texts.get(name, ()))

    def canonical(self, name: str) -> str:
        for alias, canonical in self._aliases:
            if name == alias or name.startswith(alias + "."):
                name = canonical + name[len(alias) :]
        return ".".join(name.split(".")[:MAX_PARTS])

    def _name(self, name: str) -> frozenset[str]:
        meanings = frozenset(self._meanings.get(name, ()))
        if meanings or name in self._bound:
            return meanings
        if self._stars and name not in _BUILTINS:
            return frozenset(self.canonical(f"{star}.{name}") for star in self._stars)
        return frozenset({name}) if name in _BUILTINS else NOTHING

    def _union(self, nodes: Iterable[ast.AST | None], depth: int) -> frozenset[str]:
        return frozenset().union(*(self.resolve(node, depth) for node in nodes))

    def _call(self, node: ast.Call, depth: int) -> frozenset[str]:
        functions = self.resolve(node.func, depth)
        result: set[str] = set()
        if functions & _LOOKUPS:
            result |= self._lookup(node, functions, depth)
        if "operator.attrgetter" in functions:
            paths = frozenset().union(*(const_text(path, self) for path in node.args))
            result |= {_GETTER + path.replace(".", "/") for path in paths}
        for path in (name.removeprefix(_GETTER) for name in functions if name.startswith(_GETTER)):
            owners = self._union(node.args, depth)
            result |= {self.canonical(f"{owner}.{path.replace('/', '.')}") for owner in owners}
        if isinstance(node.func, ast.Name):
            result |= self._union(self._returns.get(node.func.id, ()), depth)
        if isinstance(node.func, ast.Attribute):
            result |= self._union(self._returns.get(node.func.attr, ()), depth)
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        result |= {name for name in self._union(arguments, depth) if self._passes_through(name)}
        result |= {
            name.split(".")[0].removesuffix("()") + "()" for name in functions if name not in _BUILTINS
        }
        return frozenset(result)

    def _lookup(self, node: ast.Call, functions: frozenset[str], depth: int) -> set[str]:
        if functions & {"getattr", "vars"}:
            owners = self.resolve(node.args[0], depth) if node.args else NOTHING
            if "vars" in functions:
                return set(owners)
            keys = const_text(node.args[1], self) if len(node.args) > 1 else NOTHING
            return {self.canonical(f"{owner}.{key}") for owner in owners for key in keys}
        if functions & {"globals", "locals"}:
            return set()
        modules = const_text(node.args[0], self) if node.args else NOTHING
        found = {self.canonical(module) for module in modules}
        if "__import__" in functions:
            found |= {self.canonical(module.split(".")[0]) for module in modules}
        return found

    def _subscript(self, value: ast.expr, key: ast.expr, depth: int) -> frozenset[str]:
        keys = const_text(key, self)
        owners = self.resolve(value, depth)
        if "sys.modules" in owners:
            return frozenset(self.canonical(k) for k in keys)
        if isinstance(value, ast.Attribute) and value.attr == "__dict__":
            owners = self.resolve(value.value, depth)
            return frozenset(self.canonical(f"{owner}.{k}") for owner in owners for k in keys)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            if value.func.id == "vars":
                return frozenset(self.canonical(f"{owner}.{k}") for owner in owners for k in keys)
            if value.func.id in ("globals", "locals"):
                return frozenset().union(*(self._name(k) for k in keys))
        return owners

    def _collect(self, node: ast.AST) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._bound.add(node.name)
                self._functions[node.name] = node.args
                self._returns[node.name] += [
                    part.value
                    for part in ast.walk(node)
                    if isinstance(part, ast.Return | ast.Yield) and part.value is not None
                ]
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=arguments, body=body)):
                self._functions[name] = arguments
                self._returns[name].append(body)
            case ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                self._bound.add(name)
            case ast.ImportFrom(names=names, module=module) if any(alias.name == "*" for alias in names):
                self._stars.add(self.canonical(module or ""))

    def _bindings(self, node: ast.AST) -> Iterable[tuple[str, ast.expr | str]]:
        """Pairs of a name (".name" for an attribute) and what is bound to it: an expression or a dotted
        name."""
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
            case ast.ImportFrom(names=names, module=module):
                for alias in names:
                    if alias.name != "*":
                        yield alias.asname or alias.name, f"{module or ''}.{alias.name}".lstrip(".")
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _unpack(target, value)
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.NamedExpr(target=target, value=value)
            ):
                yield from _unpack(target, value)
            case ast.ClassDef(body=body):
                for statement in body:
                    if isinstance(statement, ast.Assign):
                        yield from (
                            (f".{t.id}", statement.value)
                            for t in statement.targets
                            if isinstance(t, ast.Name)
                        )
            case ast.Call(func=ast.Name(id="setattr"), args=[_, key, value]):
                yield from ((f".{text}", value) for text in const_text(key, self))
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                yield from _unpack(target, value)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                yield from _unpack(target, value)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in self._functions:
                parameters = self._functions[name]
                yield from zip(
                    (a.arg for a in (*parameters.posonlyargs, *parameters.args)), args, strict=False
                )
                yield from ((k.arg, k.value) for k in keywords if k.arg)
            case ast.arguments(posonlyargs=first, args=args, defaults=[_, *_] as defaults):
                yield from zip((a.arg for a in [*first, *args][-len(defaults) :]), defaults, strict=True)

    def _bind(self, name: str, value: ast.expr | str) -> bool:
        """Add what `value` may denote to the meanings of `name`; True if that was news."""
        found = {self.canonical(value)} if isinstance(value, str) else set(self.resolve(value))
        known = self._meanings[name]
        news = found - known
        if news and len(known) < MAX_NAMES:
            known |= news
        texts = NOTHING if isinstance(value, str) else const_text(value, self)
        fresh = texts - self._texts[name] if len(self._texts[name]) < MAX_NAMES else NOTHING
        self._texts[name] |= fresh
        return bool(news or fresh)


def const_text(node: ast.AST | None, names: Names, depth: int = 0) -> frozenset[str]:
    """Strings that a constant expression may be: literals, concatenations, f-strings, joins, names bound to
    such."""
    if node is None or depth > MAX_DEPTH:
        return NOTHING
    inner = depth + 1
    match node:
        case ast.Constant(value=str() as text):
            return frozenset({text})
        case ast.Name(id=name):
            return names.texts(name)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _products([const_text(left, names, inner), const_text(right, names, inner)])
        case ast.JoinedStr(values=values):
            return _products([const_text(value, names, inner) for value in values])
        case ast.FormattedValue(value=value):
            return const_text(value, names, inner)
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str() as glue), attr="join"), args=[listed]
        ):
            if isinstance(listed, ast.List | ast.Tuple):
                parts = [const_text(part, names, inner) for part in listed.elts]
                return _products(parts, glue)
        case ast.Subscript(
            value=text,
            slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp(ast.USub(), ast.Constant(value=1))),
        ):
            return frozenset(found[::-1] for found in const_text(text, names, inner))
    return NOTHING


def _products(parts: Sequence[frozenset[str]], glue: str = "") -> frozenset[str]:
    """All concatenations of one string of each part; nothing if a part is unknown or they are too many."""
    texts = [""]
    for position, part in enumerate(parts):
        texts = [text + (glue if position else "") + tail for text in texts for tail in part][:MAX_NAMES]
    return frozenset(text for text in texts if len(text) <= 200)


def _unpack(target: ast.expr, value: ast.expr) -> Iterable[tuple[str, ast.expr]]:
    match target:
        case ast.Name(id=name):
            yield name, value
        case ast.Attribute(attr=attr):
            yield "." + attr, value
        case ast.Subscript(value=container):
            yield from _unpack(container, value)
        case ast.Starred(value=inner):
            yield from _unpack(inner, value)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            matched = len(parts) == len(targets)
            for position, inner in enumerate(targets):
                yield from _unpack(inner, parts[position] if matched else value)


_GETTER = "attrgetter:"  # before the attribute that an `operator.attrgetter` fetches, its dots as slashes
_LOOKUPS = frozenset(
    {"getattr", "vars", "globals", "locals", "__import__", "importlib.import_module", "importlib.__import__"}
)
_BUILTINS = frozenset(
    {"getattr", "vars", "globals", "locals", "eval", "exec", "compile", "__import__"}
) | frozenset(
    {
        "__builtins__",
        "get_ipython",
        "print",
        "len",
        "range",
        "list",
        "dict",
        "tuple",
        "set",
        "zip",
        "map",
        "filter",
    }
    | {
        "sorted",
        "enumerate",
        "sum",
        "min",
        "max",
        "abs",
        "int",
        "float",
        "str",
        "bool",
        "type",
        "isinstance",
        "iter",
    }
    | {
        "next",
        "open",
        "super",
        "object",
        "Exception",
        "ValueError",
        "setattr",
        "hasattr",
        "callable",
        "any",
        "all",
    }
)
