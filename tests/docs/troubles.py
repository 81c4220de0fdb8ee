"""docs/errors.md: every sentence with which a command ends that could not do what was asked."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import engine
from engine.errors import Trouble

HEAD = """# Errors

<!-- Generated: `python -m tests.docs` writes this page anew from the program. -->

What a command says on standard error when it cannot do what was asked; in braces stands what is filled in. Faults of single events
do not end a command: they go to [quarantine](quarantine.md). Codes: [workspace.md](workspace.md#exit-codes).

| error | code | what it says |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(
        f"| `{of.__name__}` | {of.exit_code} | {' '.join(inspect.cleandoc(of.__doc__ or '').split())} |\n"
        for of in sorted(troubles(), key=lambda of: (of.__module__, of.__name__))
    )


def troubles() -> Iterator[type[Trouble]]:
    """All errors that a user can meet."""
    for module in walk_packages(engine.__path__, "engine."):
        import_module(module.name)
    waiting = [Trouble]
    while waiting:
        of = waiting.pop()
        following = of.__subclasses__()
        waiting += following
        if not following and of.__module__.startswith("engine."):
            yield of
