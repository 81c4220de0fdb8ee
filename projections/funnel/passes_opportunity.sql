-- An opportunity counts once: the journey that first mentions it brought it to where it was, then it goes its own way. What happens to
-- one opportunity moves no other; all other events of the journey move all of its opportunities. It begins where it is first mentioned.
-- An event of an opportunity that names none stands for one of its own, unless it names an offer of one.
-- Reads and rewrites what journeys.sql and outcome.sql made: a pass is numbered by its journey and its place in there, so that passes
-- stand in the order of their journeys, and a journey (place 0) before its passes.
CREATE TEMP TABLE of_deal AS
WITH told AS (
    SELECT fact.story, fact.journey, fact.place, fact.position, fact.type, fact.occurred, opportunity, offer
    FROM fact JOIN relevant USING (position)
    WHERE opportunity IS NOT NULL OR offer IS NOT NULL
       OR fact.type IN ('OpportunityOpened', 'OpportunityUpdated', 'NegotiationOpened', 'OfferMade', 'OfferRevised',
                        'DealWon', 'DealLost', 'DealReversed')
),
offered AS (
    SELECT story, offer, arg_min(opportunity, place) AS opportunity
    FROM told
    WHERE offer IS NOT NULL AND opportunity IS NOT NULL
    GROUP BY story, offer
)
SELECT told.* EXCLUDE (opportunity, offer), coalesce(told.opportunity, offered.opportunity, '#' || position) AS opportunity
FROM told LEFT JOIN offered USING (story, offer);

CREATE TEMP TABLE pass AS
SELECT story, of_journey * 1000000 + row_number() OVER (PARTITION BY story, of_journey ORDER BY first) AS journey,
       of_journey, opportunity, occurred, position
FROM (
    SELECT story, opportunity, min(journey)::BIGINT AS of_journey, min(place) AS first, min(occurred) AS occurred,
           arg_min(position, place) AS position
    FROM of_deal
    GROUP BY story, opportunity
);

CREATE OR REPLACE TEMP TABLE ended AS
WITH own AS (
    SELECT story, opportunity, bool_or(type = 'DealWon') AS won, min(place) FILTER (type = 'DealLost') AS lost
    FROM of_deal
    GROUP BY story, opportunity
),
of_the_journey AS (
    SELECT story, journey, min(place) FILTER (type = 'LeadDisqualified') AS disqualified,
           min(place) FILTER (type = 'LeadRecycled') AS recycled
    FROM fact
    WHERE type IN ('LeadRecycled', 'LeadDisqualified')
    GROUP BY story, journey
),
outcome AS (
    SELECT pass.story, pass.journey,
           CASE WHEN lost IS NOT NULL OR disqualified IS NOT NULL THEN 'lost' ELSE 'recycled' END AS outcome,
           coalesce(least(lost, disqualified), recycled) AS place
    FROM pass
    JOIN own USING (story, opportunity)
    LEFT JOIN of_the_journey ON of_the_journey.story = pass.story AND of_the_journey.journey = pass.of_journey
    WHERE NOT won AND coalesce(lost, disqualified, recycled) IS NOT NULL
)
SELECT outcome.story, outcome.journey, outcome, relevant.reason,
       CASE WHEN precision IS DISTINCT FROM 2 THEN fact.occurred END AS ended_at,
       CASE WHEN precision IS DISTINCT FROM 2 THEN day END AS ended_day
FROM outcome JOIN fact USING (story, place) JOIN relevant USING (position) LEFT JOIN dated USING (position);

CREATE OR REPLACE TEMP TABLE deal_event AS
SELECT of_deal.story, pass.journey, place, type, opportunity FROM of_deal JOIN pass USING (story, opportunity);

-- Every event as an event of its journey, and of each pass that it moves.
CREATE OR REPLACE TEMP TABLE fact AS
SELECT fact.* REPLACE (journey * 1000000::BIGINT AS journey) FROM fact
UNION ALL BY NAME
SELECT fact.* REPLACE (pass.journey AS journey)
FROM fact
JOIN of_deal USING (story, place)
JOIN pass ON pass.story = fact.story AND pass.opportunity = of_deal.opportunity
UNION ALL BY NAME
SELECT fact.* REPLACE (pass.journey AS journey)
FROM fact JOIN pass ON pass.story = fact.story AND pass.of_journey = fact.journey
ANTI JOIN of_deal ON of_deal.story = fact.story AND of_deal.place = fact.place;

CREATE OR REPLACE TEMP VIEW entering AS
SELECT fact.story, fact.journey, stage.number AS stage, place, position, occurred
FROM fact JOIN stage ON stages & (1::UBIGINT << (stage.number - 1)) > 0
WHERE fact.journey % 1000000 > 0
UNION ALL
SELECT fact.story, pass.journey, 1, place, fact.position, fact.occurred
FROM fact JOIN pass ON pass.story = fact.story AND pass.of_journey = fact.journey // 1000000 + 1
WHERE type = 'LeadRecycled' AND fact.journey % 1000000 = 0;

CREATE OR REPLACE TEMP TABLE reached AS
SELECT story, journey, stage, min(place) AS place, arg_min(position, place) AS position, min(occurred) AS occurred
FROM entering
GROUP BY story, journey, stage;

CREATE TEMP TABLE began AS
SELECT story, journey, stages, CASE WHEN precision IS DISTINCT FROM 2 THEN occurred END AS began_at,
       CASE WHEN precision IS DISTINCT FROM 2 THEN day END AS began_day
FROM pass
JOIN (SELECT story, journey, bit_or(1::BIGINT << stage) AS stages FROM reached GROUP BY story, journey) USING (story, journey)
LEFT JOIN dated USING (position);
