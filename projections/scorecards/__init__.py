"""Scorecards: formulas over the measures of the KPIs, side by side, for each value of a dimension."""
