-- The per-lead step: a row for each journey and each stage that it entered, under the count asked for.
-- Reads `entry`, `reached`, `outcome`, `fact`, `valued`, `condition`, `calendar`, `period_of_day` and the variables
-- asked, asked_day, since, until, basis, width (how many dimensions rows are cut by), cut (whether by a time grain too).

-- The local day and the instant that decide on the period; "some time" falls into none. A plain date stays on its day.
CREATE TEMP MACRO placed(events) AS TABLE
SELECT event.*,
       CASE WHEN precision < 2 THEN coalesce(event.day, daytime.number) END AS local_day,
       CASE WHEN precision < 2 THEN coalesce(plain.begins, event.occurred) END AS placed_at
FROM query_table(events) AS event
ASOF LEFT JOIN (SELECT number, begins FROM calendar WHERE begins < ends) AS daytime ON event.occurred >= daytime.begins
LEFT JOIN (SELECT number, begins FROM calendar) AS plain ON plain.number = event.day;

-- µs from one instant to another; whole calendar days where one is a plain date; nothing where one is "some time" or time runs backwards.
CREATE TEMP MACRO span(start, start_day, start_local, finish, finish_day, finish_local) AS
    CASE WHEN start_local IS NULL OR finish_local IS NULL THEN NULL
         WHEN start_day IS NOT NULL OR finish_day IS NOT NULL
              THEN CASE WHEN finish_local >= start_local THEN (finish_local - start_local)::BIGINT * 86400000000 END
         WHEN finish >= start THEN finish - start END;

CREATE TEMP TABLE began AS
SELECT story, journey, arg_min(occurred, place) AS occurred, arg_min_null(day, place) AS day, arg_min(precision, place) AS precision
FROM reached
GROUP BY story, journey;

CREATE TEMP TABLE ended AS
SELECT outcome.story, outcome.journey, outcome, reason, occurred, day, precision
FROM outcome LEFT JOIN fact USING (story, place);

CREATE TEMP TABLE per_lead AS
WITH step AS (
    SELECT placed.*,
           lead(stage) OVER later AS next_stage,
           lead(occurred) OVER later AS next_occurred,
           lead(day) OVER later AS next_day,
           lead(CASE WHEN timed THEN local_day END) OVER later AS next_local_day
    FROM placed('entry') AS placed
    WINDOW later AS (PARTITION BY story, journey ORDER BY stage)
),
standing AS (
    SELECT step.*,
           CASE WHEN next_stage IS NULL THEN ended.outcome ELSE 'passed' END AS outcome,
           ended.reason, ended.occurred AS ended_at, ended.day AS ended_day, ended.local_day AS ended_local_day,
           CASE getvariable('basis') WHEN 'cohort' THEN began.placed_at ELSE step.placed_at END AS counted_at,
           CASE getvariable('basis') WHEN 'cohort' THEN began.local_day ELSE step.local_day END AS counted_day,
           coalesce(valued.given, []) AS given
    FROM step
    JOIN placed('began') AS began ON began.story = step.story AND began.journey = step.journey
    JOIN placed('ended') AS ended ON ended.story = step.story AND ended.journey = step.journey
    LEFT JOIN valued ON valued.story = step.story AND valued.journey = step.journey AND valued.stage = step.stage
)
SELECT story, journey, stage, next_stage, outcome, reason, position, timed,
       CASE WHEN timed THEN occurred END AS entered_at, CASE WHEN timed THEN day END AS entered_day,
       period_of_day.period, given[1:getvariable('width')] AS key,
       CASE WHEN timed THEN span(occurred, day, local_day, next_occurred, next_day, next_local_day) END AS time_us,
       CASE WHEN timed AND outcome = 'in_stage'
            THEN span(occurred, day, local_day, getvariable('asked'), NULL, getvariable('asked_day')) END AS age_us,
       CASE WHEN timed AND outcome = 'lost'
            THEN span(occurred, day, local_day, ended_at, ended_day, ended_local_day) END AS lost_us,
       counted_day, counted_day IS NULL AS undated,
       coalesce(counted_at >= getvariable('since'), getvariable('since') IS NULL)
       AND coalesce(counted_at < getvariable('until'), getvariable('until') IS NULL)
       AND (counted_day IS NOT NULL OR NOT getvariable('cut'))
       AND NOT EXISTS (
           SELECT 1 FROM condition
           WHERE NOT CASE WHEN given[condition.number] IS NULL THEN condition.unknown
                          ELSE list_contains(condition.wanted, given[condition.number]) END
       ) AS selected
FROM standing LEFT JOIN period_of_day ON period_of_day.number = counted_day;
