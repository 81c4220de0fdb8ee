-- Points: every instant at which an opportunity, or what is asked of it, may have changed. Reads the deals' tables and `telling`.
-- turn: what is told of the deal comes before what is told of its lead at the same instant.
CREATE TEMP TABLE counted AS
WITH told AS (
    SELECT state.story, state.opportunity, state.journey, state.position, state.place, 0 AS turn, state.placed_at, state.occurred_until,
           state.open, state.amount, state.currency, state.expected_close, closing.effect, closing.taken
    FROM placed('deal_state') AS state
    LEFT JOIN closing ON closing.story = state.story AND closing.place = state.place
    UNION ALL BY NAME
    SELECT DISTINCT opportunity.story, opportunity.opportunity, opportunity.journey, 0 AS place, 1 AS turn, told.placed_at, told.occurred_until
    FROM opportunity
    JOIN (SELECT story, occurred, occurred AS occurred_until, occurred AS placed_at FROM telling WHERE getvariable('filtered')) AS told
      ON told.story = opportunity.story AND told.occurred > opportunity.occurred
)
SELECT row_number() OVER () AS row, *, NULL::VARCHAR AS reason, NULL::VARCHAR AS own_owner, NULL::VARCHAR AS own_team,
       NULL::VARCHAR AS own_channel, NULL::VARCHAR AS own_campaign
FROM told
WHERE placed_at IS NOT NULL;
