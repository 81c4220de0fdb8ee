"""The funnel: how many journeys reached which stage, how fast, and where they stay behind (RULES.md, section 4)."""
