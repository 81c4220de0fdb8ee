-- Cohorts: per lead the period after its own in which it first reached the goal, and its money. Reads `selected`, `goal`, `closing`,
-- `calendar`, `period_of_day` and the variables asked (µs) and asked_day.
CREATE TEMP TABLE ranked AS
SELECT number, dense_rank() OVER (ORDER BY first) AS rank
FROM (SELECT number, min(number) OVER (PARTITION BY period) AS first FROM period_of_day);

CREATE TEMP MACRO ranked_in(events) AS TABLE
SELECT event.*, local_day(event.occurred, event.day, daytime) AS local_day, coalesce(ranked.rank, 0) AS rank
FROM query_table(events) AS event
LEFT JOIN daytime ON daytime.utc = utc_day(event.occurred)
LEFT JOIN ranked ON ranked.number = local_day(event.occurred, event.day, daytime)
WHERE event.precision < 2 AND event.occurred <= getvariable('asked');

CREATE TEMP TABLE member AS
SELECT selected.*, ranked.rank, (SELECT rank FROM ranked WHERE number = getvariable('asked_day')) - ranked.rank AS age
FROM selected JOIN ranked ON ranked.number = selected.local_day;

CREATE TEMP TABLE reached_goal AS
SELECT member.story, member.period, member.key, greatest(0, min(goal.rank) - member.rank) AS after,
       arg_min(goal.position, (goal.occurred, goal.position)) AS goal_position, min(goal.occurred) AS goal_occurred,
       arg_min_null(goal.day, (goal.occurred, goal.position)) AS goal_day
FROM member JOIN ranked_in('goal') AS goal USING (story)
GROUP BY member.story, member.period, member.key, member.rank;

CREATE TEMP TABLE earned AS
SELECT member.story, member.period, member.key, greatest(0, closing.rank - member.rank) AS after, closing.local_day,
       closing.position, closing.opportunity, closing.occurred, closing.day, closing.effect,
       CASE WHEN closing.effect = 'won' THEN closing.amount::HUGEINT ELSE -closing.taken END AS amount, closing.currency
FROM member JOIN ranked_in('closing') AS closing USING (story)
WHERE closing.effect IN ('won', 'reversed', 'taken_back');
