-- Measures: what a KPI counts or sums, one view each, a row for each thing counted, placed at the instant to which it belongs.
-- Columns of all: story, journey, occurred, occurred_until, day, precision, thing (what is counted once), amount, currency, span_from,
-- span_day, reason. Reads the tables of the sales step (sales.py).

-- Leads by their capture; in a merged story the earliest. Almost all are captured in their first journey: only the others are put in order.
CREATE TEMP VIEW leads AS
SELECT * FROM milestone WHERE type = 'LeadCaptured' AND journey = 1
UNION ALL
SELECT later.*
FROM (
    SELECT * FROM milestone WHERE type = 'LeadCaptured' AND journey > 1 QUALIFY row_number() OVER (PARTITION BY story ORDER BY journey) = 1
) AS later
ANTI JOIN (SELECT story FROM milestone WHERE type = 'LeadCaptured' AND journey = 1) AS first USING (story);

-- … those that became opportunities, at their capture (by cohort) and at their first opening (by period).
CREATE TEMP VIEW leads_converted AS
SELECT leads.* FROM leads SEMI JOIN opportunity USING (story);
CREATE TEMP VIEW conversions AS
SELECT * FROM opportunity QUALIFY row_number() OVER (PARTITION BY story ORDER BY occurred, position) = 1;

-- … and those that became customers.
CREATE TEMP VIEW leads_won AS
SELECT leads.* FROM leads SEMI JOIN (SELECT story FROM closing WHERE effect = 'won') AS won USING (story);
CREATE TEMP VIEW first_wins AS
SELECT * FROM closing WHERE effect = 'won' QUALIFY row_number() OVER (PARTITION BY story ORDER BY place) = 1;

-- Journeys by their first qualification, by marketing and by sales; of marketing's those that were won.
CREATE TEMP VIEW qualified AS SELECT * FROM milestone WHERE type = 'MarketingQualified';
CREATE TEMP VIEW sales_qualified AS SELECT * FROM milestone WHERE type = 'SalesQualified';
CREATE TEMP VIEW qualified_won AS
SELECT qualified.* FROM qualified SEMI JOIN (SELECT story, journey FROM closing WHERE effect = 'won') AS won USING (story, journey);
CREATE TEMP VIEW wins_of_qualified AS
SELECT *, journey::VARCHAR AS thing FROM closing WHERE effect = 'won' AND (story, journey) IN (SELECT (story, journey) FROM qualified);

-- Journeys by their first handoff, and those that were recycled.
CREATE TEMP VIEW handed_off AS SELECT * FROM milestone WHERE type = 'LeadHandedOff';
CREATE TEMP VIEW handed_off_recycled AS
SELECT handed_off.* FROM handed_off SEMI JOIN (SELECT story, journey FROM milestone WHERE type = 'LeadRecycled') AS back USING (story, journey);
CREATE TEMP VIEW recycled AS
SELECT * FROM milestone WHERE type = 'LeadRecycled' AND (story, journey) IN (SELECT (story, journey) FROM handed_off);

-- Opportunities by their opening; those that were won.
CREATE TEMP VIEW opportunities AS SELECT *, opportunity AS thing FROM opportunity;
CREATE TEMP VIEW opportunities_won AS
SELECT opportunities.* FROM opportunities
SEMI JOIN (SELECT story, opportunity FROM closing WHERE effect = 'won') AS won USING (story, opportunity);

-- Deals by their closing. A deal that is won, taken back and won again is one.
CREATE TEMP VIEW won AS SELECT *, opportunity AS thing FROM closing WHERE effect = 'won';
CREATE TEMP VIEW lost AS SELECT *, opportunity AS thing FROM closing WHERE effect IN ('lost', 'taken_back');
CREATE TEMP VIEW units AS SELECT * REPLACE (units AS amount, NULL::VARCHAR AS currency) FROM won WHERE units IS NOT NULL;

-- Money: what was won, and what was taken back of it, each at its own date.
CREATE TEMP VIEW gross AS SELECT * FROM won;
CREATE TEMP VIEW gross_of_units AS SELECT * FROM won WHERE units IS NOT NULL;
-- A reversal is his who won the deal.
CREATE TEMP VIEW reversed AS
SELECT * REPLACE (taken AS amount, won_until AS occurred_until, won_in AS journey), opportunity AS thing
FROM (
    SELECT *,
           last_value(CASE WHEN effect = 'won' THEN occurred_until END IGNORE NULLS) OVER so_far AS won_until,
           last_value(CASE WHEN effect = 'won' THEN journey END IGNORE NULLS) OVER so_far AS won_in
    FROM closing
    WINDOW so_far AS (PARTITION BY story, opportunity ORDER BY place)
)
WHERE effect IN ('reversed', 'taken_back');

-- Offers by the instant at which they were made, whatever their revisions; those accepted; acceptances.
CREATE TEMP VIEW offers_made AS SELECT * FROM offers WHERE type = 'OfferMade';
CREATE TEMP VIEW offers_accepted AS SELECT * FROM offers WHERE type = 'OfferMade' AND accepted;
CREATE TEMP VIEW acceptances AS SELECT * FROM offers WHERE type = 'OfferAccepted';

-- How long won deals took: from the first contact of the journey, and from the opening. Placed at the win.
CREATE TEMP VIEW cycles AS
SELECT won.*, journey.contact AS span_from, journey.contact_day AS span_day
FROM won JOIN journey USING (story, journey)
WHERE journey.contact_precision < 2 AND won.precision < 2;
CREATE TEMP VIEW opportunity_cycles AS
SELECT won.*, opportunity.occurred AS span_from, opportunity.day AS span_day
FROM won JOIN opportunity USING (story, opportunity)
WHERE opportunity.precision < 2 AND won.precision < 2;

-- Journeys that entered each stage of the waterfall that has a next one; of them those that reached the next; and, where it is
-- asked by period, those that reached the next one then.
CREATE TEMP VIEW waterfall_entered AS
WITH stage (place, stage, type) AS (
    VALUES (1, 'lead', 'LeadCaptured'), (2, 'mql', 'MarketingQualified'), (3, 'sal', 'HandoffAccepted'), (4, 'sql', 'SalesQualified'),
           (5, 'opportunity', 'OpportunityOpened'), (6, 'offer', 'OfferMade'), (7, 'won', 'DealWon')
)
SELECT milestone.* EXCLUDE (place), stage.place AS step, stage.stage
FROM milestone JOIN stage USING (type)
WHERE NOT (stage.place = 1 AND journey > 1)
UNION ALL BY NAME
SELECT * EXCLUDE (place) REPLACE (journey + 1 AS journey, NULL::VARCHAR AS reason), 1 AS step, 'lead' AS stage FROM milestone WHERE type = 'LeadRecycled';
CREATE TEMP VIEW stages_entered AS SELECT * FROM waterfall_entered WHERE stage <> 'won';
CREATE TEMP VIEW stages_passed AS
SELECT entered.* FROM waterfall_entered AS entered
JOIN waterfall_entered AS next                 -- there is at most one
  ON next.story = entered.story AND next.journey = entered.journey AND next.step = entered.step + 1;
CREATE TEMP VIEW stages_reached_next AS
SELECT * REPLACE (['lead', 'mql', 'sal', 'sql', 'opportunity', 'offer'][step - 1] AS stage) FROM waterfall_entered WHERE step > 1;

-- What people did to reach leads: outbound, and not a machine's.
CREATE TEMP VIEW activities AS SELECT * FROM activity;
CREATE TEMP VIEW leads_contacted AS SELECT *, story::VARCHAR AS thing FROM activity;
CREATE TEMP VIEW calls AS SELECT * FROM activity WHERE kind = 'call';
CREATE TEMP VIEW emails AS SELECT * FROM activity WHERE kind = 'email';
CREATE TEMP VIEW meetings AS SELECT * FROM activity WHERE kind = 'meeting';
CREATE TEMP VIEW visits AS SELECT * FROM activity WHERE kind = 'visit';
CREATE TEMP VIEW activity_minutes AS SELECT *, minutes AS amount FROM activity WHERE minutes IS NOT NULL;

-- Leads that recommended us, in the period of their first recommendation there; what customers think of us.
CREATE TEMP VIEW referrals AS SELECT * FROM voice WHERE kind = 'referral';
CREATE TEMP VIEW nps AS SELECT * FROM voice WHERE kind = 'nps';
CREATE TEMP VIEW csat AS SELECT *, score AS amount FROM voice WHERE kind = 'csat';
CREATE TEMP VIEW promoters AS SELECT * FROM nps WHERE score >= 9;
CREATE TEMP VIEW detractors AS SELECT * FROM nps WHERE score <= 6;

-- Customers by their first win; who comes back later is none.
CREATE TEMP VIEW new_customers AS
SELECT * FROM customer QUALIFY row_number() OVER (PARTITION BY story ORDER BY place) = 1;

-- Handoffs that were answered or let expire, and those of them that were accepted.
CREATE TEMP VIEW handoffs_answered AS SELECT * EXCLUDE (owner, team) FROM handover WHERE answer <> 'HandoffWithdrawn';
CREATE TEMP VIEW handoffs_accepted AS SELECT * FROM handoffs_answered WHERE answer = 'HandoffAccepted';

-- Handoffs to whom they went, and those of them that he accepted.
CREATE TEMP VIEW handoffs_received AS SELECT *, handoff AS thing FROM handover;
CREATE TEMP VIEW handoffs_taken AS SELECT * FROM handoffs_received WHERE answer = 'HandoffAccepted';
