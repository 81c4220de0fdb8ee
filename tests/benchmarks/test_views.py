"""Every view is measured as it is asked: with the options that it needs, and by its own words on the command line."""

import pytest

pytest.importorskip("psutil")  # of the dependency group `bench`

from benchmarks.views import OVER_ALL, command, told
from projections.views import VIEWS
from tests.engine.cli.test_commands import Shell, shell

__all__ = ["shell"]


@pytest.mark.parametrize("view", OVER_ALL)
def test_a_view_takes_what_it_is_told(view):
    assert set(told(view)) <= set(VIEWS[view].options)


@pytest.mark.parametrize("view", [view for view in OVER_ALL if "." not in view])
def test_the_command_of_a_view_is_one(shell: Shell, view):
    done = shell(*command(view), "--format", "csv")
    assert done.returncode == 0 or "no agreement is recorded" in done.stderr
