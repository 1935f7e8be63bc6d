"""Partial answers: the `fields` parameter, so that a field nobody asked for is really missing."""

from typing import Any

Tree = dict[str, "Tree"]


def selected(told: Any, fields: str) -> Any:
    """Keep the named fields; everything when none are named."""
    return _kept(told, _parsed(fields)) if fields and told is not None else told


def _kept(told: Any, tree: Tree) -> Any:
    if not tree:
        return told
    if isinstance(told, list):
        return [_kept(one, tree) for one in told]
    return {name: _kept(told[name], inner) for name, inner in tree.items() if name in told}


def _parsed(fields: str) -> Tree:
    """`a,b(c,d/e)` as a tree."""
    root: Tree = {}
    stack, here, name = [root], root, ""
    for sign in f"{fields},":
        if sign not in ",()/":
            name += sign
            continue
        if name:
            here = here.setdefault(name, {})
            name = ""
        if sign == "(":
            stack.append(here)
        elif sign == ")":
            here = stack.pop()
            here = stack[-1]
        elif sign == ",":
            here = stack[-1]
    return root
