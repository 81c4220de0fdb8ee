"""A sample history: the leads of a German machine builder that does not exist, as its systems would have sent them."""

from engine.simulate.company import SOURCES
from engine.simulate.reading import Sample
from engine.simulate.stream import history, portions
from engine.simulate.writing import write

__all__ = ["SOURCES", "Sample", "history", "portions", "write"]
