"""Public holidays of a country or one of its states, from the package `holidays`."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache

from projections.definitions.definition import meant
from projections.errors import DefinitionError

WRITTEN = re.compile(r"([A-Z]{2})(?:-(.+))?")
SAID = "write a country's code of two letters, DE, or with one of its states, DE-BY"


def check_region(region: str) -> None:
    """Raises ValueError where there is no such country or state."""
    holidays_of(region, 2026)


@cache
def holidays_of(region: str, year: int) -> Mapping[date, str]:
    """The public holidays of a year, with their names in the country's language.

    region: a country (`DE`) or one of its states (`DE-BY`). Raises ValueError; DefinitionError where the year is not covered.
    """
    import holidays  # noqa: PLC0415  # a tenth of a second that only an agreement with holidays pays for

    written = WRITTEN.fullmatch(region)
    if not written:
        raise ValueError(f"{region!r} is no region; {SAID}")
    country, state = written.groups()
    try:  # an observed day may lie in the year before or after
        language = holidays.country_holidays(country, subdiv=state).default_language  # else the machine's own
        found = holidays.country_holidays(country, subdiv=state, years=range(year - 1, year + 2), language=language)
    except NotImplementedError:
        raise ValueError(_unknown(region, country, state, holidays.list_supported_countries())) from None
    if not found.start_year <= year <= found.end_year:
        raise DefinitionError(
            f"holidays of {region} are known from {found.start_year} to {found.end_year}, not in {year};"
            " leave `holidays` out and list the days under `closed`"
        )
    return {day: name for day, name in sorted(found.items()) if day.year == year}


def _unknown(region: str, country: str, state: str | None, countries: Mapping[str, list[str]]) -> str:
    if country not in countries:
        return f"{region!r} is in no country whose holidays are known; {SAID}"
    states = countries[country]
    if not states:
        return f"{country} has no states here; write {country} alone"
    state = state or ""
    return f"{country} has no state {state!r}{meant(state.upper(), states)}; there are {', '.join(states)}"
