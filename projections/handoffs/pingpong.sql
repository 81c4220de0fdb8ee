-- Leads that were handed back and forth. Reads `audited`, of which `selected` are asked for. Who was handed over once cannot have come back.
-- A return: a handoff to whoever gave the lead away the time before, or another one after a rejection. Whoever: the owner, else the team.
WITH party AS (
    SELECT story, row, handoff, occurred, day, status, answer,
           coalesce(from_owner, from_team) AS giver, coalesce(to_owner, to_team) AS receiver,
           row_number() OVER (PARTITION BY story ORDER BY occurred, row) AS place
    FROM audited
    SEMI JOIN selected USING (story)
    SEMI JOIN (SELECT story FROM audited GROUP BY story HAVING count(*) > 1) AS again USING (story)
),
turn AS (
    SELECT *, lag(giver) OVER along AS giver_before, lag(status) OVER along AS status_before
    FROM party WINDOW along AS (PARTITION BY story ORDER BY place)
)
SELECT story AS lead,
       count(*) FILTER (place > 1 AND (receiver = giver_before AND receiver <> giver OR status_before = 'rejected')) AS returns,
       count(*) AS handoffs, count(*) FILTER (status = 'rejected') AS rejected,
       list_sort(list_distinct(list(giver) || list(receiver))) AS between,
       min({'occurred': occurred, 'day': day}) AS first, max({'occurred': occurred, 'day': day}) AS last, arg_max(status, place) AS status
FROM turn
GROUP BY story
HAVING returns > 0
ORDER BY returns DESC, handoffs DESC, story
