-- Open leads that nobody owns. Reads `history`, `owning` (sla/owning.sql over `handed`, the open leads) and the variable asked.
-- Open: captured, in a journey that is neither lost nor won. Nobody: no owner was ever told, or the last one was cleared or gave it away.
WITH mine AS (
    SELECT story, owner, since FROM owning WHERE since <= getvariable('asked')
    QUALIFY row_number() OVER (PARTITION BY story ORDER BY since DESC) = 1
),
last_handed AS (
    SELECT story, arg_max({'handoff': handoff, 'team': to_team, 'occurred': occurred, 'day': day}, (occurred, position)) AS handed
    FROM history
    WHERE type = 'LeadHandedOff' AND occurred <= getvariable('asked')
    GROUP BY story
)
SELECT handed.story AS lead,
       CASE WHEN last_handed.handed.occurred >= coalesce(mine.since, handed.occurred) THEN 'handed off'
            WHEN mine.story IS NULL THEN 'captured' ELSE 'owner cleared' END AS since_what,
       last_handed.handed.handoff AS handoff, last_handed.handed.team AS team,
       CASE since_what WHEN 'handed off' THEN last_handed.handed.occurred WHEN 'captured' THEN handed.occurred ELSE mine.since END AS since,
       CASE since_what WHEN 'handed off' THEN last_handed.handed.day WHEN 'captured' THEN handed.day END AS day
FROM handed
LEFT JOIN mine USING (story)
LEFT JOIN last_handed USING (story)
WHERE mine.owner IS NULL OR mine.owner = ''
ORDER BY since, lead
