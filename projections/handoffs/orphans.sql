-- Open leads that nobody owns. Reads `history`, `owning` (sla/owning.sql over `handed`, the open leads) and the variables asked and lead.
-- Open: captured, in a journey that is neither lost nor won. Nobody: no owner was ever told, or the last one was cleared or gave it away.
WITH mine AS (
    SELECT story, max(since) AS since, arg_max_null(owner, since) AS owner FROM owning WHERE since <= getvariable('asked') GROUP BY story
),
unowned AS (
    SELECT handed.*, mine.since
    FROM handed LEFT JOIN mine USING (story)
    WHERE (mine.owner IS NULL OR mine.owner = '') AND (getvariable('lead') IS NULL OR story = getvariable('lead'))
),
last_handed AS (
    SELECT story, arg_max({'handoff': handoff, 'team': to_team, 'occurred': occurred, 'day': day}, (occurred, position)) AS handed
    FROM history SEMI JOIN unowned USING (story)
    WHERE type = 'LeadHandedOff' AND occurred <= getvariable('asked')
    GROUP BY story
)
SELECT story AS lead,
       CASE WHEN last_handed.handed.occurred >= coalesce(unowned.since, unowned.occurred) THEN 'handed off'
            WHEN unowned.since IS NULL THEN 'captured' ELSE 'owner cleared' END AS since_what,
       last_handed.handed.handoff AS handoff, last_handed.handed.team AS team,
       CASE since_what WHEN 'handed off' THEN last_handed.handed.occurred WHEN 'captured' THEN unowned.occurred ELSE unowned.since END AS since,
       CASE since_what WHEN 'handed off' THEN last_handed.handed.day WHEN 'captured' THEN unowned.day END AS day
FROM unowned LEFT JOIN last_handed USING (story)
ORDER BY since, lead
