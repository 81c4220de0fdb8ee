"""The step of the interactions that are no activity of ours; few views need it."""

from projections.database import sql
from projections.steps import Step

OTHER_CONTACTS = Step(
    name="contacts",
    text=sql("scorecards/contacts.sql"),
    tables=("other_contact",),
    types=frozenset(("InteractionLogged", "LeadRecycled")),
)
# The measures over it, by the name of their view.
MEASURED = {
    "contacts_inbound": "SELECT * FROM other_contact WHERE NOT automatic",
    "contacts_automatic": "SELECT * FROM other_contact WHERE automatic",
}
