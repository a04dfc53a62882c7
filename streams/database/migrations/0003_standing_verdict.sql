-- Verdicts that say what an alert turned out to be: a withdrawal judges nothing, and what it withdraws no longer counts.
CREATE VIEW standing_verdict AS
SELECT v.*
FROM verdict v
WHERE v.verdict <> 'withdrawn' AND NOT EXISTS (SELECT FROM verdict w WHERE w.withdraws = v.verdict_id);
