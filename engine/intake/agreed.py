"""An agreement that comes in as an event is checked like one from a file: in the log it would break every report."""

from collections.abc import Mapping
from typing import Any

from events.faults import Fault
from projections.errors import DefinitionError

FIELD = "agreement"


def check(told: Mapping[str, Any]) -> None:
    """Raises Fault where the agreement is none."""
    from projections.definitions.agreement import agreement  # noqa: PLC0415  # few streams bring one

    try:
        agreement(told)
    except DefinitionError as error:
        raise Fault(FIELD, "range", str(error).removeprefix(f"{FIELD}: ")) from None
