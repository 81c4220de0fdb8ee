-- What each pass was worth when it entered a stage: the amount of the deal whose event that was, as it stood at that instant; where the
-- event was none of a deal's, the amounts of all deals of the pass that were not lost or taken back by then.
-- Reads `milestone`, `calendar`, `stand` (story, opportunity, of_journey, place, position, occurred, amount, currency, standing: what is
-- known of a deal from each of its events on) and `belongs` (story, journey, opportunity: the deals of each pass). Needs local_days.sql.
CREATE TEMP TABLE worth AS
WITH entry AS (
    SELECT milestone.story, milestone.journey, milestone.stage, milestone.position,
           coalesce(plain.ends - 1, milestone.occurred) AS until,      -- a plain date is a whole day
           local_day(milestone.occurred, milestone.day, daytime) AS local_day
    FROM milestone
    LEFT JOIN calendar AS plain ON plain.number = milestone.day
    LEFT JOIN daytime ON daytime.utc = utc_day(milestone.occurred)
),
meant AS (
    SELECT entry.*, stand.opportunity, true AS own FROM entry JOIN stand USING (story, position)
    UNION ALL
    SELECT entry.*, belongs.opportunity, false AS own
    FROM entry ANTI JOIN stand USING (story, position) JOIN belongs ON belongs.story = entry.story AND belongs.journey = entry.journey
),
known AS (
    SELECT meant.story, meant.journey, stage, meant.opportunity, own, local_day,
           arg_max(amount, place) AS amount, arg_max(stand.currency, place) FILTER (amount IS NOT NULL) AS currency,
           coalesce(arg_max(standing, place), true) AS standing
    FROM meant JOIN stand ON stand.story = meant.story AND stand.opportunity = meant.opportunity AND stand.occurred <= meant.until
    GROUP BY meant.story, meant.journey, stage, meant.opportunity, own, local_day
)
SELECT story, journey, stage, opportunity, amount, currency, local_day FROM known WHERE amount IS NOT NULL AND (own OR standing);
