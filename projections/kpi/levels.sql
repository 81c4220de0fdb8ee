-- Levels: what stands at the start or the end of a period, and what changed between the two. A row for each thing and period.
-- Reads `placed`, `stretch` (number, label, begins, ends, at: the instant of its end that is asked for) and the per-lead tables.

-- What comes later in a story stands later, wherever a plain date of another zone may lie.

-- Opportunities from one of their events to the next. Those that were closed before all that is asked for are not put in order; two days
-- before, since plain dates are where their zone has them.
CREATE TEMP VIEW deal_stand AS
WITH closed AS (
    SELECT story, opportunity FROM deal_state
    WHERE NOT open AND precision < 2 AND occurred < (SELECT min(stretch.at) FROM stretch) - 172800000000
),
stood AS (
    SELECT *, max(placed_at) OVER (PARTITION BY story, opportunity ORDER BY place) AS from_at
    FROM placed('deal_state') ANTI JOIN closed USING (story, opportunity)
    WHERE placed_at IS NOT NULL
)
SELECT *, lead(from_at) OVER (PARTITION BY story, opportunity ORDER BY place) AS to_at FROM stood;

CREATE TEMP VIEW open_deals AS
SELECT stretch.number AS stretch, stand.* EXCLUDE (occurred_until, placed_at), stand.opportunity AS thing, stretch.at - 1 AS occurred_until
FROM deal_stand AS stand
JOIN stretch ON stand.from_at < stretch.at AND (stand.to_at IS NULL OR stand.to_at >= stretch.at)
WHERE stand.open;
CREATE TEMP VIEW open_priced AS SELECT * FROM open_deals WHERE amount IS NOT NULL;

-- Leads that are going on at the end: begun, and not disqualified, or recycled since. Each begins and ends in turn; of what came before the
-- end of the stretch the last turn tells, and what follows one that came later counts no more than that.
CREATE TEMP VIEW lead_change AS
SELECT story, 2 * journey AS turn, occurred, day, precision FROM journey
UNION ALL
SELECT story, 2 * journey + 1, occurred, day, precision FROM milestone WHERE type = 'LeadDisqualified';
CREATE TEMP VIEW leads_owned AS
WITH change AS (
    SELECT story, turn, placed_at FROM placed('lead_change') WHERE placed_at IS NOT NULL
),
later AS (
    SELECT stretch.number AS stretch, story, min(turn) AS turn FROM change JOIN stretch ON placed_at >= stretch.at GROUP BY ALL
)
SELECT stretch.number AS stretch, change.story, max(change.turn) // 2 AS journey, max(stretch.at) - 1 AS occurred_until
FROM change
JOIN stretch ON change.placed_at < stretch.at
LEFT JOIN later ON later.stretch = stretch.number AND later.story = change.story
WHERE later.turn IS NULL OR change.turn < later.turn
GROUP BY stretch.number, change.story
HAVING max(change.turn) % 2 = 0;

-- The forecast of a period, as it was known when it began: what was open and expected to close in it, and how many of those decided
-- before were won.
CREATE TEMP VIEW known_before AS
SELECT stretch.number AS stretch, stretch.begins, stretch.first_day, stretch.last_day, event.*
FROM placed('deal_event') AS event
JOIN stretch ON event.placed_at < stretch.begins AND event.recorded < stretch.begins;
CREATE TEMP VIEW forecast AS
WITH expected AS (                     -- few deals ever were to close in it: only these are looked at
    SELECT DISTINCT story, opportunity
    FROM deal_event JOIN stretch ON occurred < stretch.begins + 172800000000
     AND try_cast(left(expected_close, 10) AS DATE) - DATE '1970-01-01' BETWEEN stretch.first_day AND stretch.last_day
),
stood AS (
    SELECT stretch, story, opportunity AS thing, max(journey) AS journey, max(begins) - 1 AS occurred_until,
           arg_max(amount, place) FILTER (type LIKE 'Opportunity%') AS amount,
           arg_max(currency, place) FILTER (type LIKE 'Opportunity%' AND amount IS NOT NULL) AS currency,
           arg_max(expected_close, place) AS expected_close,
           any_value(first_day) AS first_day, any_value(last_day) AS last_day
    FROM known_before SEMI JOIN expected USING (story, opportunity)
    GROUP BY stretch, story, opportunity
    HAVING NOT bool_or(type IN ('DealWon', 'DealLost', 'DealReversed'))
)
SELECT * FROM stood
WHERE amount IS NOT NULL AND try_cast(left(expected_close, 10) AS DATE) - DATE '1970-01-01' BETWEEN first_day AND last_day;
CREATE TEMP VIEW won_earlier AS
SELECT DISTINCT stretch, story, opportunity AS thing, journey, begins - 1 AS occurred_until FROM known_before WHERE type = 'DealWon';
CREATE TEMP VIEW lost_earlier AS
SELECT DISTINCT stretch, story, opportunity AS thing, journey, begins - 1 AS occurred_until FROM known_before WHERE type = 'DealLost';

-- Customers from one change to the next.
CREATE TEMP VIEW customer_stand AS
WITH stood AS (
    SELECT *, max(placed_at) OVER (PARTITION BY story ORDER BY place) AS from_at FROM placed('customer') WHERE placed_at IS NOT NULL
)
SELECT *, lead(from_at) OVER (PARTITION BY story ORDER BY place) AS to_at FROM stood;

CREATE TEMP VIEW customers_at_start AS
SELECT stretch.number AS stretch, stand.* EXCLUDE (occurred_until), stretch.begins - 1 AS occurred_until
FROM customer_stand AS stand
JOIN stretch ON stand.from_at < stretch.begins AND (stand.to_at IS NULL OR stand.to_at >= stretch.begins)
WHERE stand.customer;
CREATE TEMP VIEW stand_at_end AS
SELECT stretch.number AS stretch, stand.* EXCLUDE (occurred_until), stretch.at - 1 AS occurred_until
FROM customer_stand AS stand
JOIN stretch ON stand.from_at < stretch.at AND (stand.to_at IS NULL OR stand.to_at >= stretch.at);
CREATE TEMP VIEW customers_at_end AS SELECT * FROM stand_at_end WHERE customer;
CREATE TEMP VIEW customers_lost AS
SELECT stand_at_end.* FROM stand_at_end SEMI JOIN customers_at_start USING (stretch, story) WHERE because = 'churned';
CREATE TEMP VIEW customers_gained AS
SELECT customers_at_end.* FROM customers_at_end ANTI JOIN customers_at_start USING (stretch, story);
CREATE TEMP VIEW referring_customers AS
SELECT customers_at_end.* FROM customers_at_end
SEMI JOIN (SELECT stretch, story FROM happening('referrals')) AS recommended USING (stretch, story);

-- Recurring amounts in twelfths of a month's price, at both ends of a period for each customer.
CREATE TEMP VIEW subscription_stand AS
WITH stood AS (
    SELECT *, max(placed_at) OVER (PARTITION BY story, subscription ORDER BY place) AS from_at
    FROM placed('subscription')
    WHERE placed_at IS NOT NULL
)
SELECT *, lead(from_at) OVER (PARTITION BY story, subscription ORDER BY place) AS to_at FROM stood;
CREATE TEMP VIEW mrr_level AS
WITH ends AS (
    SELECT stretch.number AS stretch, stand.story, stand.journey, stand.currency, stand.twelfths AS started, 0 AS ended
    FROM subscription_stand AS stand
    JOIN stretch ON stand.from_at < stretch.begins AND (stand.to_at IS NULL OR stand.to_at >= stretch.begins)
    UNION ALL
    SELECT stretch.number, stand.story, stand.journey, stand.currency, 0, stand.twelfths
    FROM subscription_stand AS stand
    JOIN stretch ON stand.from_at < stretch.at AND (stand.to_at IS NULL OR stand.to_at >= stretch.at)
)
SELECT ends.stretch, ends.story, max(ends.journey) AS journey, ends.currency, stretch.at - 1 AS occurred_until,
       coalesce(sum(started), 0) AS started, coalesce(sum(ended), 0) AS ended,
       any_value(before.story) IS NOT NULL AS customer_before, coalesce(min(initial.first_at) < stretch.begins, false) AS ever_before
FROM ends
JOIN stretch ON stretch.number = ends.stretch
LEFT JOIN customers_at_start AS before ON before.stretch = ends.stretch AND before.story = ends.story
LEFT JOIN (SELECT story, min(from_at) AS first_at FROM customer_stand GROUP BY story) AS initial ON initial.story = ends.story
GROUP BY ends.stretch, ends.story, ends.currency, stretch.at, stretch.begins;
CREATE TEMP VIEW mrr_at_start AS SELECT *, started AS amount FROM mrr_level WHERE started > 0;
CREATE TEMP VIEW mrr_at_end AS SELECT *, ended AS amount FROM mrr_level WHERE ended > 0;
CREATE TEMP VIEW mrr_new AS SELECT *, ended AS amount FROM mrr_level WHERE started = 0 AND ended > 0 AND NOT ever_before;
CREATE TEMP VIEW mrr_reactivation AS
SELECT *, ended AS amount FROM mrr_level WHERE started = 0 AND ended > 0 AND ever_before AND NOT customer_before;
CREATE TEMP VIEW mrr_expansion AS
SELECT *, ended - started AS amount FROM mrr_level WHERE ended > started AND (started > 0 OR customer_before);
CREATE TEMP VIEW mrr_contraction AS SELECT *, started - ended AS amount FROM mrr_level WHERE ended > 0 AND ended < started;
CREATE TEMP VIEW mrr_churn AS SELECT *, started AS amount FROM mrr_level WHERE started > 0 AND ended = 0;

-- How long what happened took: µs; whole calendar days where one end is a plain date; nothing where time runs backwards.
CREATE TEMP MACRO lasting(events) AS TABLE
SELECT * FROM (
    SELECT event.*,
           CASE WHEN event.day IS NOT NULL OR event.span_day IS NOT NULL
                THEN (coalesce(event.day, finish.number) - coalesce(event.span_day, start.number))::BIGINT * 86400000000
                ELSE event.occurred - event.span_from END AS span
    FROM query_table(events) AS event
    ASOF LEFT JOIN (SELECT number, begins FROM calendar WHERE begins < ends) AS finish ON event.occurred >= finish.begins
    ASOF LEFT JOIN (SELECT number, begins FROM calendar WHERE begins < ends) AS start ON event.span_from >= start.begins
) WHERE span >= 0;
CREATE TEMP VIEW cycles_lasting AS FROM lasting('cycles');
CREATE TEMP VIEW opportunity_cycles_lasting AS FROM lasting('opportunity_cycles');
