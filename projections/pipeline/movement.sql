-- The movement of the pipeline: what came in, what changed, what went out. A row for each move, in each stretch of time that is asked for.
-- start + new + raised + moved_in − lowered − moved_out − lost − won = end, for each combination of dimensions; each move counts although
-- it was taken back. Reads `stand`, `weight` (currency, weight: the parts of the report's currency in one minor unit) and `stretch`.
-- value: whole parts, so that all sums are exact; NULL without a rate.
CREATE TEMP VIEW valued AS
SELECT stand.*,
       here AND (is_open OR closes) AS present,
       was_inside AND key IS NOT DISTINCT FROM was_key AS stayed,
       CASE WHEN coalesce(amount, 0) = 0 THEN 0 ELSE amount * now.weight END AS value,
       CASE WHEN coalesce(was_amount, 0) = 0 THEN 0 ELSE was_amount * before.weight END AS was,
       CASE WHEN coalesce(taken, 0) = 0 THEN 0 ELSE taken * back.weight END AS taken_value
FROM stand
LEFT JOIN weight AS now ON now.currency = stand.currency
LEFT JOIN weight AS before ON before.currency = stand.was_in
LEFT JOIN weight AS back ON back.currency = stand.taken_in;

CREATE TEMP TABLE move AS
WITH happened AS (
    SELECT valued.*, stretch.number AS stretch
    FROM valued JOIN stretch ON placed_at >= stretch.begins AND placed_at < stretch.at
    WHERE present OR was_inside OR closed IN ('reversed', 'taken_back')
),
named AS (
    SELECT stretch.number AS stretch, 'start' AS bucket, key, value, valued.* EXCLUDE (key, value)
    FROM valued JOIN stretch ON placed_at < stretch.begins AND (to_at IS NULL OR to_at >= stretch.begins)
    WHERE inside
    UNION ALL BY NAME
    SELECT 'new' AS bucket, * FROM happened WHERE first AND present
    UNION ALL BY NAME
    SELECT 'moved_out' AS bucket, * REPLACE (was_key AS key, was AS value) FROM happened WHERE was_inside AND NOT (present AND stayed)
    UNION ALL BY NAME
    SELECT 'moved_in' AS bucket, * FROM happened WHERE present AND NOT first AND NOT stayed
    UNION ALL BY NAME
    SELECT CASE WHEN coalesce(value > was, coalesce(amount, 0) > coalesce(was_amount, 0)) THEN 'raised' ELSE 'lowered' END AS bucket,
           * REPLACE (abs(value - was) AS value)
    FROM happened
    WHERE stayed AND present
      AND coalesce(value <> was, amount IS DISTINCT FROM was_amount OR currency IS DISTINCT FROM was_in)
    UNION ALL BY NAME
    SELECT closed AS bucket, * FROM happened WHERE closes AND here
    UNION ALL BY NAME
    SELECT 'reversed' AS bucket, * REPLACE (taken_value AS value) FROM happened WHERE closed IN ('reversed', 'taken_back') AND here
    UNION ALL BY NAME
    SELECT stretch.number AS stretch, 'end' AS bucket, key, value, valued.* EXCLUDE (key, value)
    FROM valued JOIN stretch ON placed_at < stretch.at AND (to_at IS NULL OR to_at >= stretch.at)
    WHERE inside
)
SELECT stretch, bucket, key, story, opportunity, position, placed_at, undated, value FROM named;
