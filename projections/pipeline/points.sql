-- Points: every instant at which an opportunity, or what is asked of it, may have changed. Reads the deals' tables, `calendar`, `turned`
-- (story, occurred: when a dimension that is asked for was told) and the variable looked_from (µs): a deal that was closed before, and
-- of which no closing or reversal was told since, is left out; two days earlier, since plain dates are where their zone has them.
-- A plain date is its local midnight. What follows in the story of a deal is never placed before what precedes it there.
-- open: neither won nor lost yet; a reversal of what was not won changes nothing.
-- turn: what is told of the deal comes before what is told of its lead at the same instant.
CREATE TEMP TABLE counted AS
WITH gone AS (
    SELECT story, opportunity FROM closing GROUP BY ALL
    HAVING bool_or(effect IN ('won', 'lost')) AND max(occurred) < getvariable('looked_from') - 172800000000
),
told AS (
    SELECT state.story, state.opportunity, state.journey, state.position, state.place, 0 AS turn,
           max(coalesce(midnight.begins, state.occurred)) OVER so_far AS placed_at, state.occurred_until,
           count(*) FILTER (closing.effect IN ('won', 'lost')) OVER so_far = 0 AS open,
           state.amount, state.currency, state.expected_close, state.next_step_due, state.offered, state.negotiated,
           state.precision >= 2 AS undated, closing.effect, closing.taken::HUGEINT AS taken, closing.currency AS taken_in
    FROM deal_state AS state
    ANTI JOIN gone ON gone.story = state.story AND gone.opportunity = state.opportunity
    LEFT JOIN closing ON closing.story = state.story AND closing.place = state.place
    LEFT JOIN (SELECT number, begins FROM calendar) AS midnight ON midnight.number = state.day
    WINDOW so_far AS (PARTITION BY state.story, state.opportunity ORDER BY state.place)
),
begun AS (
    SELECT story, opportunity, min(placed_at) AS begins, arg_min(position, place) AS position FROM told GROUP BY ALL
),
points AS (
    FROM told
    UNION ALL BY NAME
    SELECT begun.story, begun.opportunity, begun.position, 0 AS place, 1 AS turn, turned.occurred AS placed_at, turned.occurred AS occurred_until
    FROM begun JOIN turned ON turned.story = begun.story AND turned.occurred >= begun.begins
)
SELECT row_number() OVER () AS row, * EXCLUDE (occurred_until, journey),
       max(occurred_until) OVER so_far AS occurred_until, max(journey) OVER so_far AS journey, NULL::VARCHAR AS reason,
       NULL::VARCHAR AS own_owner, NULL::VARCHAR AS own_team, NULL::VARCHAR AS own_channel, NULL::VARCHAR AS own_campaign
FROM points
WINDOW so_far AS (PARTITION BY story, opportunity ORDER BY placed_at, turn, place ROWS UNBOUNDED PRECEDING);
