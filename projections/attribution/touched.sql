-- Touched: a row for each won deal and each touch before its win (one without a touch where there is none), with the deal's amount.
-- Reads `closing`, `opportunity` (sales step), `contact_made`, and the variables per (journey or lead), within (µs; NULL for any time), since
-- and until (µs; NULL for no limit): wins beyond these are left out, two days further on, since plain dates are where their zone has them.
-- role: bits for the first touch (1), the last one (2) and the one at the opening of the opportunity (4).
CREATE TEMP TABLE touched AS
WITH win AS (
    SELECT row_number() OVER (ORDER BY story, place) AS deal, closing.* EXCLUDE (place), opened.occurred_until AS opened_until
    FROM closing
    LEFT JOIN (SELECT story, opportunity, occurred_until FROM opportunity WHERE opened AND precision < 2) AS opened USING (story, opportunity)
    WHERE effect = 'won'
      AND (precision = 2 OR coalesce(occurred >= getvariable('since') - 172800000000, true)
                            AND coalesce(occurred < getvariable('until') + 172800000000, true))
),
met AS (
    SELECT win.deal, touch.position AS touch, touch.occurred AS touched_at, touch.kind, touch.direction, touch.campaign, touch.content,
           touch.occurred <= win.opened_until AS before_opening,
           row_number() OVER (PARTITION BY win.deal ORDER BY touch.occurred, touch.sequence NULLS FIRST, touch.position) AS place,
           count(*) OVER (PARTITION BY win.deal) AS touches
    FROM win
    JOIN contact_made AS touch
      ON touch.story = win.story AND touch.occurred <= win.occurred_until
     AND (getvariable('per') = 'lead' OR touch.journey = win.journey)
     AND (getvariable('within') IS NULL OR touch.occurred >= win.occurred - getvariable('within'))
    WHERE win.precision < 2
),
roles AS (
    SELECT *, (place = 1)::INTEGER + 2 * (place = touches)::INTEGER
              + 4 * coalesce(before_opening AND place = max(CASE WHEN before_opening THEN place END) OVER (PARTITION BY deal), false)::INTEGER AS role
    FROM met
)
SELECT win.deal, win.story, win.journey, win.opportunity, win.position, win.occurred, win.occurred_until, win.day, win.precision,
       win.reason, win.amount::HUGEINT AS amount, win.currency,
       touch, touched_at, kind, direction, campaign, content, coalesce(place, 1) AS place, coalesce(touches, 0) AS touches, coalesce(role, 7) AS role
FROM win LEFT JOIN roles USING (deal);
