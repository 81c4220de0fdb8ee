"""The agreement's verdicts: which promise of which handoff was kept, by whom, and how late (RULES.md, section 5)."""
