-- Deals: what is known of every opportunity, what changed it, and how it was closed, taken back, closed again.
-- Reads `history`: one row a known event of a lead. Every table has the column `story`; nothing here depends on who asks or when.

-- What happens to an opportunity, in the order of its story, with the journey in which it happens. A closing without an id
-- stands for an opportunity of its own. A recycling is among them only to count journeys.
CREATE TEMP TABLE deal_event AS
WITH told AS (
    SELECT story, position, type, occurred, occurred_until, day, precision, recorded,
           CASE WHEN type <> 'LeadRecycled' THEN coalesce(opportunity, '#' || position) END AS opportunity,
           offer, amount, currency, units, product, expected_close, next_step_due, reason, competitor,
           row_number() OVER in_order AS place,
           1 + count(*) FILTER (type = 'LeadRecycled') OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey
    FROM history
    WHERE type IN ('OpportunityOpened', 'OpportunityUpdated', 'NegotiationOpened', 'OfferMade', 'OfferRevised',
                   'DealWon', 'DealLost', 'DealReversed', 'LeadRecycled')
    WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position)
)
SELECT * FROM told WHERE type <> 'LeadRecycled';

-- An opportunity begins with its opening, or where it is first mentioned (trusted data may bring no opening).
CREATE TEMP TABLE opportunity AS
SELECT story, opportunity,
       arg_min(journey, began) AS journey,
       arg_min(position, began) AS position,
       arg_min(occurred, began) AS occurred,
       arg_min(occurred_until, began) AS occurred_until,
       arg_min_null(day, began) AS day,
       arg_min(precision, began) AS precision,
       bool_or(type = 'OpportunityOpened') AS opened
FROM (SELECT *, CASE type WHEN 'OpportunityOpened' THEN place - 1000000000 ELSE place END AS began FROM deal_event)
GROUP BY story, opportunity;

-- What is known of it from each of its events on: details that an event leaves out stay as they were. Offers tell of the stage only:
-- the opportunity's amount is the one that was told of the opportunity itself.
CREATE TEMP TABLE deal_state AS
SELECT story, opportunity, place, position, type, occurred, occurred_until, day, precision, journey,
       last_value(CASE WHEN type LIKE 'Opportunity%' OR type = 'DealWon' THEN amount END IGNORE NULLS) OVER so_far AS amount,
       last_value(CASE WHEN (type LIKE 'Opportunity%' OR type = 'DealWon') AND amount IS NOT NULL THEN currency END IGNORE NULLS)
           OVER so_far AS currency,
       last_value(expected_close IGNORE NULLS) OVER so_far AS expected_close,
       last_value(next_step_due IGNORE NULLS) OVER so_far AS next_step_due,
       last_value(product IGNORE NULLS) OVER so_far AS product,
       bool_or(type IN ('OfferMade', 'OfferRevised')) OVER so_far AS offered,
       bool_or(type = 'NegotiationOpened') OVER so_far AS negotiated,
       NOT bool_or(type IN ('DealWon', 'DealLost', 'DealReversed')) OVER so_far AS open
FROM deal_event
WINDOW so_far AS (PARTITION BY story, opportunity ORDER BY place);

-- How it was closed, one closing after the other. Won while it is won says nothing new; lost while it is won takes the win back.
-- `effect`: won, lost, reversed, taken_back (a win that is lost: a reversal and a loss), nothing. `taken`: minor units taken back.
-- `standing`: whether it is won afterwards; `fallen`: whether it is lost, until it is won again; `left_over`: minor units of the win that still stand.
CREATE TEMP TABLE closing AS
WITH RECURSIVE numbered AS (
    SELECT event.story, event.opportunity, event.place, event.position, event.type, event.occurred, event.occurred_until, event.day,
           event.precision, event.journey, event.units, event.reason, event.competitor,
           CASE WHEN event.type = 'DealWon' THEN state.amount ELSE event.amount END AS amount,
           coalesce(event.currency, state.currency) AS currency,
           row_number() OVER (PARTITION BY event.story, event.opportunity ORDER BY event.place) AS number
    FROM deal_event AS event JOIN deal_state AS state USING (story, place)
    WHERE event.type IN ('DealWon', 'DealLost', 'DealReversed')
),
walked AS (
    SELECT numbered.*,
           CASE type WHEN 'DealWon' THEN 'won' WHEN 'DealLost' THEN 'lost' ELSE 'nothing' END AS effect,
           NULL::HUGEINT AS taken,
           type = 'DealWon' AS standing,
           type = 'DealLost' AS fallen,
           CASE type WHEN 'DealWon' THEN amount::HUGEINT END AS left_over
    FROM numbered WHERE number = 1
    UNION ALL
    SELECT next.*,
           CASE WHEN next.type = 'DealWon' THEN CASE WHEN walked.standing THEN 'nothing' ELSE 'won' END
                WHEN next.type = 'DealLost' THEN CASE WHEN walked.standing THEN 'taken_back'
                                                      WHEN walked.fallen THEN 'nothing' ELSE 'lost' END
                ELSE CASE WHEN walked.standing THEN 'reversed' ELSE 'nothing' END END AS effect,
           CASE WHEN walked.standing AND next.type = 'DealLost' THEN walked.left_over
                WHEN walked.standing AND next.type = 'DealReversed' THEN coalesce(next.amount::HUGEINT, walked.left_over) END AS taken,
           CASE next.type WHEN 'DealWon' THEN true WHEN 'DealLost' THEN false
                ELSE walked.standing AND next.amount IS NOT NULL AND coalesce(next.amount < walked.left_over, true) END AS standing,
           CASE next.type WHEN 'DealWon' THEN false WHEN 'DealLost' THEN true ELSE walked.fallen END AS fallen,
           CASE WHEN next.type = 'DealWon' THEN CASE WHEN walked.standing THEN walked.left_over ELSE next.amount::HUGEINT END
                WHEN next.type = 'DealReversed' AND walked.standing AND next.amount < walked.left_over
                     THEN walked.left_over - next.amount END AS left_over
    FROM walked JOIN numbered AS next
      ON next.story = walked.story AND next.opportunity = walked.opportunity AND next.number = walked.number + 1
)
-- Decimals, for a kept table is Parquet, which makes floats of HUGEINT; of 30 digits, so that a union with decimals keeps its places.
SELECT * REPLACE (taken::DECIMAL(30, 0) AS taken, left_over::DECIMAL(30, 0) AS left_over) FROM walked;
