"""The log's columnar mirror, which views read: derived, disposable, never behind."""

from projections.history.history import History
from projections.history.moment import Moment
from projections.history.reader import LogReader

__all__ = ["History", "LogReader", "Moment"]
