-- The leads that are open at the asked instant, with their capture; named `handed`, for sla/owning.sql. Reads `history`, the variable asked
-- and the macro in_order (ordering.py).
CREATE TEMP TABLE handed AS
WITH told AS (
    SELECT story, type, occurred, day, opportunity, coalesce(sequence, -9223372036854775808) AS sequence, position
    FROM history
    WHERE occurred <= getvariable('asked')
      AND type IN ('LeadCaptured', 'LeadDisqualified', 'LeadRecycled', 'OpportunityOpened', 'DealWon', 'DealLost')
),
closing AS (
    SELECT story, arg_max(type, in_order(occurred, sequence, position)) FILTER (type IN ('LeadDisqualified', 'LeadRecycled', 'DealWon')) AS last,
           max(occurred) FILTER (type = 'LeadRecycled') AS recycled,
           arg_min({'occurred': occurred, 'day': day}, in_order(occurred, sequence, position)) FILTER (type = 'LeadCaptured') AS captured
    FROM told GROUP BY story
),
deals AS (
    SELECT told.story, count(DISTINCT opportunity) FILTER (type = 'OpportunityOpened') AS opened, count(DISTINCT opportunity) FILTER (type = 'DealLost') AS lost
    FROM told JOIN closing USING (story)
    WHERE opportunity IS NOT NULL AND coalesce(told.occurred > recycled, true)
    GROUP BY told.story
)
SELECT story, captured.occurred AS occurred, captured.day AS day
FROM closing LEFT JOIN deals USING (story)
WHERE captured IS NOT NULL AND coalesce(last, 'LeadRecycled') = 'LeadRecycled' AND NOT coalesce(opened > 0 AND lost >= opened, false);
