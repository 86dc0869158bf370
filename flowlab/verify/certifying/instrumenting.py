"""Functions compiled anew, with every number that comes up in them handed to a check."""

from __future__ import annotations

import ast
import linecache
import operator
import warnings
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["CALLEE", "EACH", "INPLACE", "OPERATIONS", "VALUE", "instrumented", "is_instrumented"]

VALUE, CALLEE, EACH = ("\0flowlab " + name for name in ("value", "callee", "each"))
"""What stands in a code's constants for the checks, until it is given them."""
_NAMES = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.Pow: "pow",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
}
OPERATIONS = {"\0flowlab " + name: getattr(operator, name) for name in _NAMES.values()}
INPLACE = {"\0flowlab i" + name: getattr(operator, "i" + name) for name in _NAMES.values()}
_MARK = "\0flowlab"  # the last constant of a code that is instrumented
_BARE = {"super", "locals", "globals", "vars", "dir"}  # which look at the frame that calls them
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_SCOPES = _FUNCTIONS | ast.ClassDef


def is_instrumented(code: CodeType) -> bool:
    """Return whether a code is what `instrumented` makes of one.

    Examples
    --------
    >>> is_instrumented((lambda x: x).__code__)
    False
    """
    return bool(code.co_consts) and code.co_consts[-1] == _MARK


def instrumented(code: CodeType, scope: Mapping[str, Any], checks: Mapping[str, Callable[..., Any]]) -> CodeType | None:
    """Return the code with checks in it, of its own and of functions within; None where there is no source of it.

    Operations, calls, what is looped over, and what names, attributes and items give that the function has not bound
    itself, go through `checks`.

    Examples
    --------
    >>> from types import FunctionType
    >>> root = lambda t: 2**t
    >>> checks = {name: (lambda *_, name=name: name[1:]) for name in OPERATIONS}
    >>> FunctionType(instrumented(root.__code__, globals(), checks), {})(0.5)
    'flowlab pow'
    """
    text = "".join(linecache.getlines(code.co_filename, dict(scope)))
    pairs = _pairs(text, code.co_filename)
    found = pairs.get(_key(code))
    if found is None and any(name.startswith("@") for name in code.co_names):  # a tool rewrote its assertions
        alike = [each for each in pairs.values() if _place(each) == _place(code)]
        found = alike[0] if len(alike) == 1 else None
    return None if found is None else _given(found, checks)


def _given(code: CodeType, checks: Mapping[str, Callable[..., Any]]) -> CodeType:
    def given(value: Any) -> Any:
        if isinstance(value, CodeType):
            return _given(value, checks)
        return checks.get(value, value) if isinstance(value, str) else value

    return code.replace(co_consts=(*map(given, code.co_consts), _MARK))


def _place(code: CodeType) -> tuple[Any, ...]:
    return code.co_name, code.co_firstlineno, code.co_varnames[: code.co_argcount], code.co_freevars


def _key(code: CodeType) -> tuple[Any, ...]:
    """Return what tells a function's code from all others of its file, and from what the file was before."""
    return code.co_name, code.co_code, tuple(code.co_positions())


@lru_cache(maxsize=64)
def _pairs(text: str, name: str) -> dict[tuple[Any, ...], CodeType]:
    """Return what each function of a source is with checks in it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a constant is called
        usual = compile(text, name, "exec", dont_inherit=True)
        checked = compile(ast.fix_missing_locations(_Checking().visit(tree)), name, "exec", dont_inherit=True)
    codes = [[*_within(each)] for each in (usual, checked)]
    if [each.co_name for each in codes[0]] != [each.co_name for each in codes[1]]:
        return {}
    return {_key(before): after for before, after in zip(*codes, strict=True)}


def _within(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _within(each)


def _check(name: str, *arguments: ast.expr) -> ast.Call:
    made = ast.Call(ast.Constant(name), list(arguments), [])
    return ast.copy_location(made, arguments[0])


class _Checking(ast.NodeTransformer):
    def __init__(self) -> None:
        self.bound: set[str] = set()

    def visit(self, node: ast.AST) -> Any:
        if not isinstance(node, _SCOPES):
            return super().visit(node)
        outer, self.bound = self.bound, _bound(node)
        try:
            return self.generic_visit(node)
        finally:
            self.bound = outer

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return node  # without its annotation

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.value = None if node.value is None else self.visit(node.value)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        own = node.id in self.bound or not isinstance(node.ctx, ast.Load)
        return node if own else _check(VALUE, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        node.value = self._inner(node.value)
        return _check(VALUE, node) if isinstance(node.ctx, ast.Load) else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        node.value, node.slice = self._inner(node.value), self.visit(node.slice)
        return _check(VALUE, node) if isinstance(node.ctx, ast.Load) else node

    def _inner(self, node: ast.expr) -> ast.expr:
        """Visit what something is taken from, which is looked at itself."""
        return node if isinstance(node, ast.Name) else self.visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        name = _NAMES.get(type(node.op))
        return node if name is None else ast.copy_location(_check("\0flowlab " + name, node.left, node.right), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        name = _NAMES.get(type(node.op))
        node.value = self.visit(node.value)
        if name is None:
            return node
        if isinstance(node.target, ast.Name):
            left = self.visit_Name(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
            made = _check("\0flowlab i" + name, left, node.value)
            return ast.copy_location(ast.Assign([node.target], made), node)
        source = ast.parse(ast.unparse(node.target), mode="eval").body
        after = ast.copy_location(ast.Expr(_check(VALUE, ast.copy_location(source, node))), node)
        return [node, after]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id in _BARE:
            node.args = [self.visit(each) for each in node.args]
            return node
        function = node.func
        if isinstance(function, ast.Attribute):
            function.value = self._inner(function.value)
        elif not isinstance(function, ast.Name):
            function = self.visit(function)
        node.func = _check(CALLEE, function)
        node.args = [self.visit(each) for each in node.args]
        for each in node.keywords:
            each.value = self.visit(each.value)
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        self.generic_visit(node)
        node.iter = _check(EACH, node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        self.generic_visit(node)
        node.iter = _check(EACH, node.iter)
        return node


def _bound(scope: ast.AST) -> set[str]:
    """Return the names that a function binds itself, to what is checked: not its defaults, nor what it imports."""
    if isinstance(scope, ast.ClassDef):
        return set()
    arguments: ast.arguments = scope.args  # type: ignore[attr-defined]
    every = [*arguments.posonlyargs, *arguments.args]
    with_default = {each.arg for each in every[len(every) - len(arguments.defaults) :]} if arguments.defaults else set()
    keyword = {each.arg for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value}
    extra = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    bound = {each.arg for each in (*every, *arguments.kwonlyargs, *extra)} - with_default - keyword
    declared: set[str] = set()
    body = scope.body if isinstance(scope.body, list) else [scope.body]  # type: ignore[attr-defined]
    nodes: list[ast.AST] = list(body)
    for node in nodes:  # which grows
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            declared.update(node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        if not isinstance(node, _SCOPES):
            nodes += ast.iter_child_nodes(node)
    return bound - declared
