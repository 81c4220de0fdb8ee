"""One person, two leads: a lead that is captured a second time elsewhere, merged, and sometimes parted again."""

from collections.abc import Iterator

from engine.simulate.company import Campaign, Product
from engine.simulate.lead import captured
from engine.simulate.people import Person
from engine.simulate.story import Story, Told

SHARE = 0.03
PARTED = 0.15


def twin(story: Story, began: int, person: Person, campaign: Campaign, product: Product) -> Iterator[Told]:
    """The events of a second lead of that person, and of its merging; none for most leads.

    began: the second since 1970 at which the first one was captured.
    """
    if not story.chance(SHARE):
        return
    other = Story(story.rng, story.number, "web-form" if story.source == "crm" else "crm", began)
    other.days_pass(1, 40)
    other.work_passes(4)
    captured(other, person, campaign, product)
    other.days_pass(0.1, 3)
    other.tell("InteractionLogged", kind="form", direction="inbound", text="Bitte um Rückruf.")
    yield from other.events
    merge = {"merged": {"source": other.source, "id": other.subject}}
    other.work_passes(20)
    yield Told(
        other.now, story.source, story.subject, f"{story.subject}-merged", "LeadsMerged", "system:duplicates", merge
    )
    if story.chance(PARTED):
        other.work_passes(60)
        yield Told(
            other.now, story.source, story.subject, f"{story.subject}-parted", "MergeReverted", "marketing:lena", merge
        )
