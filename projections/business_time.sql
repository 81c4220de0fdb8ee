-- Business time in SQL, over the table `opening` (calendar, opens, closes, before): one row an opening, in µs of UTC.
-- Three joins, each to at most one row of `opening`; LEFT where an instant may lie before the first opening or a promise beyond the last:
--
--   worked before t        ASOF LEFT JOIN opening AS o ON o.calendar = c AND o.opens <= t        worked(t, o.opens, o.closes, o.before)
--   next open instant      ASOF LEFT JOIN opening AS o ON o.calendar = c AND o.closes > t        greatest(t, o.opens)
--   due after so much      ASOF LEFT JOIN opening AS o ON o.calendar = c AND o.before < amount   due(amount, o.opens, o.before)
--
-- amount is worked(start) plus the promise: more than 0. A due time at the end of an opening stays there and does not go to the next one.

CREATE OR REPLACE TEMP MACRO worked(t, opens, closes, before) AS coalesce(before + least(t, closes) - opens, 0);

CREATE OR REPLACE TEMP MACRO due(amount, opens, before) AS opens + amount - before;
