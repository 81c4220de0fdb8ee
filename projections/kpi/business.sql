-- What was recorded of the business: spend, quotas, members of teams. A row for each and each stretch of time that is asked for.
-- Reads `business`, `stretch`, `winner` (stretch, owner, team; winners.py) and `told_period` (label, begins, ends: the periods for which
-- something was recorded).

-- What was recorded for a period is never split: one that a finer stretch cuts through makes the cell's value missing.
CREATE TEMP VIEW spent_at_once AS SELECT * FROM business WHERE type = 'SpendRecorded' AND period IS NULL;
CREATE TEMP VIEW spend AS
SELECT stretch.number AS stretch, spent.*,
       CASE WHEN told.begins < stretch.begins OR told.ends > stretch.ends
            THEN 'spend was recorded for ' || told.label || ' as a whole' END AS missing
FROM business AS spent
JOIN told_period AS told ON told.label = spent.period
JOIN stretch ON told.begins < stretch.ends AND told.ends > stretch.begins
WHERE type = 'SpendRecorded'
UNION ALL BY NAME
SELECT *, NULL::VARCHAR AS missing FROM happening('spent_at_once');
CREATE TEMP VIEW marketing_spend AS SELECT * FROM spend WHERE kind = 'marketing';

-- Quotas for exactly that period; of several for a representative the one that was recorded last.
CREATE TEMP VIEW quota AS
SELECT stretch.number AS stretch, rep AS owner, arg_max(amount, position) AS amount, arg_max(currency, position) AS currency,
       any_value(joined.team) AS team, stretch.at - 1 AS occurred_until
FROM business
JOIN told_period AS told ON told.label = business.period
JOIN stretch USING (begins, ends)
LEFT JOIN (SELECT rep, arg_max(team, position) AS team FROM business WHERE type = 'MemberJoined' GROUP BY rep) AS joined USING (rep)
WHERE type = 'QuotaSet'
GROUP BY stretch.number, rep, stretch.at;

-- Who belongs to a team, from when to when; marketing sells nothing.
CREATE TEMP VIEW membership AS
WITH changed AS (
    SELECT rep, team, role, type, placed_at, position, lead(placed_at) OVER along AS to_at
    FROM placed('business')
    WHERE type IN ('MemberJoined', 'MemberLeft') AND placed_at IS NOT NULL
    WINDOW along AS (PARTITION BY rep, team, role ORDER BY placed_at, position)
)
SELECT rep, team, role, placed_at AS from_at, to_at FROM changed WHERE type = 'MemberJoined' AND role <> 'marketing';

-- Representatives of a stretch: members on any of its days.
CREATE TEMP VIEW representatives AS
SELECT DISTINCT stretch.number AS stretch, rep AS thing, rep AS owner, team
FROM membership JOIN stretch ON from_at < stretch.ends AND coalesce(to_at >= stretch.begins, true)
UNION ALL
SELECT stretch, owner, owner, team FROM winner;                  -- where nobody says who belongs to a team: those who won

-- Revenue targets for exactly that period; of several for a channel and team the one that was recorded last.
CREATE TEMP VIEW revenue_targets AS
SELECT stretch.number AS stretch, channel, team, arg_max(value, position)::DECIMAL(38, 6) AS amount
FROM business
JOIN told_period AS told ON told.label = business.period
JOIN stretch USING (begins, ends)
WHERE type = 'TargetSet' AND measure IN ('revenue', 'total_revenue')
GROUP BY stretch.number, channel, team;

-- Working time of representatives.
CREATE TEMP VIEW worked AS
SELECT * EXCLUDE (owner, amount, currency), rep AS owner, minutes AS amount, NULL::VARCHAR AS currency
FROM business WHERE type = 'WorkingTimeRecorded';
CREATE TEMP VIEW minutes_worked AS FROM happening('worked');
CREATE TEMP VIEW sold AS SELECT * REPLACE (selling_minutes AS amount) FROM worked;
CREATE TEMP VIEW minutes_sold AS FROM happening('sold');
