-- Customers: who is one from when to when, and what he pays again and again.
-- Reads `history` and `closing` (deals.sql). Every table has the column `story`; nothing here depends on who asks or when.

-- What makes, keeps or ends a customer, in the order of the story. A win names its subscription, else the opportunity's id does;
-- a renewal that names none is of the subscription that was spoken of last.
CREATE TEMP TABLE customer_event AS
WITH told AS (
    SELECT history.story, history.position, history.type, history.occurred, history.occurred_until, history.day, history.precision,
           history.subscription, history.recurring, history.recurring_every, closing.effect, closing.standing,
           coalesce(closing.opportunity, history.opportunity) AS opportunity,
           coalesce(history.currency, closing.currency) AS currency,
           row_number() OVER in_order AS place,
           1 + count(*) FILTER (history.type = 'LeadRecycled')
               OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey
    FROM history
    LEFT JOIN closing ON closing.story = history.story AND closing.position = history.position
    WHERE history.type IN ('DealWon', 'DealLost', 'DealReversed', 'SubscriptionRenewed', 'SubscriptionExpanded', 'CustomerChurned',
                           'LeadRecycled')
    WINDOW in_order AS (PARTITION BY history.story ORDER BY history.occurred, history.sequence NULLS FIRST, history.position)
),
named AS (
    SELECT *,
           CASE WHEN type = 'DealWon' AND recurring IS NOT NULL THEN coalesce(subscription, opportunity)
                WHEN type IN ('SubscriptionRenewed', 'SubscriptionExpanded') THEN subscription END AS own
    FROM told
    WHERE type <> 'LeadRecycled'
)
SELECT * EXCLUDE (own, subscription),
       CASE WHEN type IN ('SubscriptionRenewed', 'SubscriptionExpanded')
            THEN coalesce(own, last_value(own IGNORE NULLS) OVER so_far, '')
            WHEN type = 'DealWon' THEN own
            ELSE subscription END AS subscription,
       last_value(CASE WHEN recurring IS NOT NULL THEN currency END IGNORE NULLS) OVER so_far AS paid_in
FROM named
WINDOW so_far AS (PARTITION BY story ORDER BY place);

-- From each of its events on, what a subscription costs: twelfths of the month's price in major units, so that a year's price stays
-- exact; NULL once it has ended. A churn that names none ends all; a reversal ends the one that its deal began.
CREATE TEMP TABLE subscription AS
WITH priced AS (
    SELECT story, subscription, place, position, occurred, occurred_until, day, precision, journey, paid_in AS currency,
           recurring::DECIMAL(30, 6) * CASE recurring_every WHEN 'month' THEN 12 ELSE 1 END AS twelfths
    FROM customer_event
    WHERE subscription IS NOT NULL AND recurring IS NOT NULL AND (type <> 'DealWon' OR effect = 'won')
),
ended AS (
    SELECT DISTINCT begun.story, begun.subscription, over.place, over.position, over.occurred, over.occurred_until, over.day, over.precision,
           over.journey
    FROM priced AS begun
    JOIN customer_event AS over ON over.story = begun.story AND over.place > begun.place
    WHERE over.type = 'CustomerChurned' AND (over.subscription IS NULL OR over.subscription = begun.subscription)
       OR over.effect IN ('reversed', 'taken_back') AND NOT over.standing
          AND begun.position IN (SELECT position FROM customer_event AS win
                                 WHERE win.story = over.story AND win.opportunity = over.opportunity AND win.type = 'DealWon')
),
told AS (
    SELECT * FROM priced
    UNION ALL BY NAME
    SELECT *, NULL::DECIMAL(30, 6) AS twelfths FROM ended
)
SELECT story, subscription, place, position, occurred, occurred_until, day, precision, journey, twelfths,
       coalesce(last_value(currency IGNORE NULLS) OVER (PARTITION BY story, subscription ORDER BY place),
                max(currency) OVER (PARTITION BY story)) AS currency,
       lag(twelfths) OVER (PARTITION BY story, subscription ORDER BY place) AS before
FROM told;

-- From each of its rows on, whether the lead is a customer, and what made or ended it: won, churned, reversed.
-- The end of one of several subscriptions is no churn; a reversal ends a customer where no deal is left that stands.
CREATE TEMP TABLE customer AS
WITH counted AS (
    SELECT event.*,
           sum(CASE WHEN effect = 'won' THEN 1 WHEN effect IN ('reversed', 'taken_back') AND NOT standing THEN -1 ELSE 0 END)
               OVER (PARTITION BY event.story ORDER BY event.place) AS deals
    FROM customer_event AS event
),
running AS (
    SELECT story, place, sum(delta) OVER (PARTITION BY story ORDER BY place) AS subscriptions
    FROM (
        SELECT story, place, sum((twelfths IS NOT NULL)::INT - (before IS NOT NULL)::INT) AS delta
        FROM subscription GROUP BY story, place
    )
),
told AS (
    SELECT counted.story, counted.place, counted.position, counted.occurred, counted.occurred_until, counted.day, counted.precision,
           counted.journey,
           CASE WHEN effect = 'won' THEN 'won'
                WHEN type = 'CustomerChurned' AND (subscription IS NULL OR coalesce(running.subscriptions, 0) = 0) THEN 'churned'
                WHEN effect IN ('reversed', 'taken_back') AND NOT standing AND deals <= 0 THEN 'reversed' END AS because
    FROM counted
    ASOF LEFT JOIN running ON running.story = counted.story AND running.place <= counted.place
)
SELECT *, because = 'won' AS customer
FROM told
WHERE because IS NOT NULL
QUALIFY (because = 'won') IS DISTINCT FROM coalesce(lag(because = 'won') OVER (PARTITION BY story ORDER BY place), false);
