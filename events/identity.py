"""Who a lead is: merges, their reversal, and erasure."""

from events.base import Identity
from events.fields import OtherLead, Word


class LeadsMerged(Identity):
    """The lead `merged` goes up in the subject: one story from here on."""

    merged: OtherLead


class MergeReverted(Identity):
    """The two were not the same after all: two stories again."""

    merged: OtherLead


class PersonErased(Identity):
    """The person asked to be forgotten: her key is destroyed, the events remain.

    request: the file number of her request, no personal data.
    """

    request: Word | None = None
