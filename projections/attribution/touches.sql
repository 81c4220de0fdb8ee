-- Touches, and the capture where the rules count it: a row each, in the journey in which it is. Reads `history` and `touch_kind` (attribution.py).
CREATE TEMP TABLE contact_made AS
SELECT told.* EXCLUDE (type, automatic)
FROM (
    SELECT story, position, type, occurred, kind, direction, campaign, content, coalesce(automatic, false) AS automatic,
           row_number() OVER in_order AS place,
           1 + (count(*) FILTER (type = 'LeadRecycled') OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))::INTEGER AS journey
    FROM (SELECT * REPLACE (CASE WHEN type = 'LeadCaptured' THEN 'captured' ELSE kind END AS kind,
                            CASE WHEN type = 'LeadCaptured' THEN 'inbound' ELSE direction END AS direction)
          FROM history
          WHERE type IN ('InteractionLogged', 'LeadCaptured', 'LeadRecycled') AND (precision < 2 OR type = 'LeadRecycled'))
    WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position)
) AS told
JOIN touch_kind USING (kind, direction)
WHERE type <> 'LeadRecycled' AND (touch_kind.automatic OR NOT told.automatic);
