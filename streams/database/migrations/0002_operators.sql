-- What operators do beyond single alerts: take a verdict back, treat alerts as one case, send refused records again.

-- A verdict `withdrawn` ends the silence of the one that it names.
ALTER TABLE verdict ADD COLUMN withdraws text;
ALTER TABLE verdict DROP CONSTRAINT verdict_verdict_check;
ALTER TABLE verdict ADD CONSTRAINT verdict_verdict_check
    CHECK (verdict IN ('false_positive', 'true_positive', 'expected', 'withdrawn'));
ALTER TABLE verdict ADD CONSTRAINT verdict_withdraws_check CHECK ((withdraws IS NOT NULL) = (verdict = 'withdrawn'));
CREATE INDEX verdict_withdraws ON verdict (withdraws) WHERE withdraws IS NOT NULL;

-- As in 0001, with withdrawals: these lift any suppression, also one that stands alone, and replace no other verdict.
CREATE OR REPLACE VIEW suppression AS
WITH judged AS MATERIALIZED (
    SELECT v.*, surviving_alert(v.alert_id) AS surviving_alert_id, a.kind,
           v.scope = 'accounts' AND (v.account_count > 0 OR a.kind IS DISTINCT FROM 'account') AS stands_alone
    FROM verdict v
    LEFT JOIN alert a USING (alert_id)
)
SELECT v.verdict_id, v.alert_id, v.surviving_alert_id, v.verdict, v.scope, v.account_count,
       v.given_by AS owner, v.note AS reason, v.given_at, v.until_at AS expires_at,
       later.verdict_id AS lifted_by, later.given_at AS lifted_at
FROM judged v
LEFT JOIN LATERAL (
    SELECT l.verdict_id, l.given_at
    FROM judged l
    WHERE (l.given_at, l.log_offset) > (v.given_at, v.log_offset)
      AND CASE l.verdict
              WHEN 'withdrawn' THEN l.withdraws = v.verdict_id
              WHEN 'true_positive' THEN
                  l.surviving_alert_id = v.surviving_alert_id AND NOT v.stands_alone AND v.kind IS DISTINCT FROM 'account'
              ELSE l.surviving_alert_id = v.surviving_alert_id AND NOT v.stands_alone AND NOT l.stands_alone
          END
    ORDER BY l.given_at, l.log_offset
    LIMIT 1
) later ON true
WHERE v.verdict NOT IN ('true_positive', 'withdrawn');

-- Operators' rulings on what belongs together. They change how alerts are shown, listed and exported, and nothing that
-- the detector decides: a merge or a split is a row of the audit trail, and these views read the trail.
CREATE VIEW alert_case AS
SELECT DISTINCT ON (t.alert_id) t.alert_id, t.details ->> 'case_id' AS case_id, t.actor, t.acted_at, t.body
FROM alert_action t
WHERE t.action IN ('merge', 'split') AND t.details ? 'case_id'
ORDER BY t.alert_id, t.action_id DESC;

-- Accounts of a campaign that an operator set apart; whoever is not here is of part 1.
CREATE VIEW campaign_part AS
SELECT alert_id, account_id, part
FROM (
    SELECT DISTINCT ON (t.alert_id, m.account_id) t.alert_id, m.account_id, (t.details ->> 'part')::integer AS part
    FROM alert_action t
    CROSS JOIN LATERAL jsonb_array_elements_text(t.details -> 'accounts') AS m (account_id)
    WHERE t.action IN ('merge', 'split') AND t.details ? 'part'
    ORDER BY t.alert_id, m.account_id, t.action_id DESC
) last_ruling
WHERE part > 1;

-- Refused records that were sent again, and where they stand now.
CREATE TABLE dead_letter_redrive (
    topic      text        NOT NULL,
    partition  integer     NOT NULL,
    log_offset bigint      NOT NULL,
    new_offset bigint      NOT NULL,
    redriven_by text       NOT NULL CHECK (redriven_by <> ''),
    redriven_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, log_offset)
);
