"""`leadlog check`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cases.case import BadCase, files, load
from engine.cases.runner import Failure, run
from engine.cli.options import examples
from engine.errors import NoSuchFile


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("leadlog check examples/cases", "leadlog check our-rules/handoff.yaml"))(check)


def check(
    places: Annotated[list[Path], typer.Argument(metavar="FILE_OR_FOLDER…", help="Cases, or folders of them.")],
) -> None:
    """Run cases: a rule with its example. Prints what fails, expected beside found; the last line counts."""
    passed = failed = 0
    for place in places:
        if not place.exists():
            raise NoSuchFile(file=place, cause="it is not there")
    for file in files(places):
        try:
            case = load(file)
        except BadCase as bad:
            failed += 1
            typer.echo(f"FAILED {bad}")
            continue
        outcome = run(case)
        if outcome.failures:
            failed += 1
            typer.echo(f"FAILED {file}: {case.case}")
            for failure in outcome.failures:
                typer.echo(_side_by_side(failure))
        else:
            passed += 1
    typer.echo(f"{passed} passed, {failed} failed")
    raise typer.Exit(1 if failed else 0)


def _side_by_side(failure: Failure) -> str:
    return f"  {failure.step}\n    expected  {_told(failure.expected)}\n    found     {_told(failure.found)}"


def _told(value: Any) -> str:
    if isinstance(value, list):
        return "\n              ".join(_told(one) for one in value) or "nothing"
    if isinstance(value, dict):
        return "  ".join(f"{name}={inner}" for name, inner in value.items())
    return str(value)
