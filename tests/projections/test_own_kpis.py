"""KPIs that a workspace declares: each slip is refused with file, line, KPI, key and what would be right."""

from pathlib import Path

import pytest

from projections.errors import DefinitionError
from projections.kpi.catalogue import own_kpis

SOUND = """
[mine]
en = "Mine"
unit = "count"
value = "count(won)"
"""


def said(folder: Path, text: str) -> str:
    file = folder / "kpis.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        own_kpis(file)
    return str(refused.value)


def changed(old: str, new: str) -> str:
    assert old in SOUND
    return SOUND.replace(old, new)


def test_one_that_is_sound_is_taken(tmp_path):
    (tmp_path / "kpis.toml").write_text(SOUND + '[twice]\nen = "Twice"\nunit = "count"\nvalue = "2 * mine"\n')
    assert list(own_kpis(tmp_path / "kpis.toml")) == ["mine", "twice"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (changed('en = "Mine"\n', ""), "line 2: kpi mine: en: is missing"),
        (changed('"count"', '"pieces"'), "line 4: kpi mine: unit: Input should be 'money'"),
        (changed("value", "vlaue"), "line 5: kpi mine: vlaue: is no key here"),
        (SOUND + 'by = "ownr"\n', "line 6: kpi mine: by: 'ownr' is no dimension (meant: owner?)"),
        (SOUND + 'filter = { chanel = "web" }\n', "line 6: kpi mine: filter: 'chanel' is no dimension (meant: channel?)"),
        (SOUND + 'grain = "monthly"\n', "line 6: kpi mine: grain: Input should be 'day'"),
        (SOUND + 'by_period = "count(wonn)"\n', "line 6: kpi mine: by_period: there is no measure `wonn` (meant: won?)"),
        (changed("count(won)", "count(won"), "line 5: kpi mine: value: 'count(won' is no formula"),
        (changed("count(won)", "won"), "line 5: kpi mine: value: there is no KPI `won`"),
        (changed("count(won)", "win_rte"), "there is no KPI `win_rte` (meant: win_rate?)"),
        (changed("count(won)", "mine + 1"), "there is no KPI `mine`"),
        (changed("count(won)", "sum(won)"), "line 5: kpi mine: value: `sum(won)` says nothing; count(won) may stand there"),
        (changed("count(won)", "p50(won)"), "`p50(won)` says nothing"),
        (changed("count(won)", "days(gross)"), "`days(gross)` says nothing; count(gross), sum(gross) may stand there"),
        (changed("count(won)", "count(leads_due)"), "`count(leads_due)` says nothing; sum(leads_due) may stand there"),
        (changed("count(won)", "mean(cycles)"), "`mean(…)` may not stand in a formula so"),
        (changed("count(won)", "count(won) ** 2"), "`count(won) ** 2` may not stand in a formula"),
        (changed("count(won)", "__import__('os')"), "may not stand in a formula"),
        (changed("count(won)", "before(ever(count(won)))"), "may not stand around another"),
        (changed("count(won)", "share(kind, count(won), sum(quota))"), "`share(…)` may not stand in a formula so"),
        (changed("count(won)", "1 + " * 300 + "1"), "the formula is longer than 1000 characters"),
        (changed("[mine]", "[win_rate]"), "line 2: kpi win_rate: leadlog has a KPI of that name already"),
        ("mine = 3\n", "line 1: kpi mine: is no table"),
        ("[mine\n", "is no TOML"),
    ],
)  # fmt: skip
def test_a_slip_is_refused_with_its_place(tmp_path, text, expected):
    told = said(tmp_path, text)
    assert told.startswith("kpis.toml")
    assert expected in told


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DefinitionError, match=r"none\.toml: cannot be read"):
        own_kpis(tmp_path / "none.toml")
