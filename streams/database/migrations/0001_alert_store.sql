-- The alert store. Times are UTC instants; those called *_at of what was seen are event time, appended_at is when Kafka
-- took the record and stored_at when this database did. docs/store.md says what each table is for.

-- How far each topic partition has been stored. It changes in the transaction that writes the rows, never alone.
CREATE TABLE source_position (
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    topic_id     text        NOT NULL, -- Kafka's: a topic made anew under the same name has another
    next_offset  bigint      NOT NULL CHECK (next_offset >= 0),
    appended_at  timestamptz,
    stored_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
);

-- Days that partitions hold. A day is dropped when both it and its last write are older than the retention.
CREATE TABLE partition_day (
    parent           text        NOT NULL,
    day              date        NOT NULL,
    first_written_at timestamptz NOT NULL DEFAULT now(),
    last_written_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (parent, day)
);

-- One row per record of alerts.v1. Accounts that it names are in alert_account.
CREATE TABLE alert_record (
    alert_id           text             NOT NULL,
    sequence           integer          NOT NULL,
    detected_at        timestamptz      NOT NULL,
    schema_version     integer          NOT NULL,
    kind               text             NOT NULL CHECK (kind IN ('account', 'campaign')),
    state              text             NOT NULL CHECK (state IN ('open', 'update', 'closed')),
    severity           text             NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
    entity_id          text             NOT NULL,
    first_seen         timestamptz      NOT NULL,
    last_seen          timestamptz      NOT NULL,
    score              double precision NOT NULL,
    evidence_nats      double precision NOT NULL,
    false_alarm_budget double precision NOT NULL,
    account_count      bigint           NOT NULL,
    event_count        bigint           NOT NULL,
    output_tokens      bigint           NOT NULL,
    reasons            jsonb            NOT NULL,
    counter_evidence   jsonb            NOT NULL,
    techniques         jsonb            NOT NULL,
    suggested_actions  jsonb            NOT NULL,
    links              jsonb            NOT NULL,
    merged_into        text,
    absorbed_by        text,
    previous_alert_id  text,
    closed_by_verdict  text,
    model_version      text             NOT NULL,
    config_hash        text             NOT NULL,
    content_hash       bytea            NOT NULL, -- of all fields but the accounts: the same pair has one content for ever
    log_offset         bigint           NOT NULL,
    appended_at        timestamptz      NOT NULL,
    stored_at          timestamptz      NOT NULL DEFAULT now(),
    PRIMARY KEY (alert_id, sequence, detected_at)
) PARTITION BY RANGE (detected_at);

CREATE INDEX alert_record_entity ON alert_record (entity_id, detected_at);

-- One row per alert: how it stands, and who has taken it.
CREATE TABLE alert (
    alert_id          text             PRIMARY KEY,
    kind              text             NOT NULL CHECK (kind IN ('account', 'campaign')),
    entity_id         text             NOT NULL,
    state             text             NOT NULL CHECK (state IN ('open', 'closed')),
    severity          text             NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
    opened_at         timestamptz      NOT NULL,
    closed_at         timestamptz,
    last_sequence     integer          NOT NULL,
    last_detected_at  timestamptz      NOT NULL,
    first_seen        timestamptz      NOT NULL,
    last_seen         timestamptz      NOT NULL,
    score             double precision NOT NULL,
    evidence_nats     double precision NOT NULL,
    account_count     bigint           NOT NULL,
    event_count       bigint           NOT NULL,
    output_tokens     bigint           NOT NULL,
    merged_into       text,
    absorbed_by       text,
    previous_alert_id text,
    closed_by_verdict text,
    assignee          text,
    assigned_at       timestamptz,
    assigned_by       text,
    acked_at          timestamptz,
    acked_by          text,
    acked_sequence    integer, -- the last record when it was acknowledged: a graver one afterwards is news
    first_stored_at   timestamptz      NOT NULL DEFAULT now(),
    stored_at         timestamptz      NOT NULL DEFAULT now()
);

CREATE INDEX alert_open ON alert (opened_at) WHERE state = 'open';
CREATE INDEX alert_entity ON alert (entity_id);
CREATE INDEX alert_last_detected ON alert (last_detected_at);
CREATE INDEX alert_merged_into ON alert (merged_into) WHERE merged_into IS NOT NULL;

-- Accounts that an alert names, each once over its life, and the record that named it. For a campaign: its members.
CREATE TABLE alert_account (
    alert_id   text        NOT NULL REFERENCES alert ON DELETE CASCADE,
    account_id text        NOT NULL,
    sequence   integer     NOT NULL,
    named_at   timestamptz NOT NULL,
    PRIMARY KEY (alert_id, account_id)
);

CREATE INDEX alert_account_account ON alert_account (account_id);

-- Groups of accounts that share an anchor (a prompt shell, a payment, an address), as last judged.
CREATE TABLE anchor_group (
    link               text             NOT NULL CHECK (link IN ('shell', 'payment', 'address')),
    anchor_key         text             NOT NULL, -- keyed hash, 16 hexadecimal digits
    first_effective_at timestamptz      NOT NULL,
    effective_at       timestamptz      NOT NULL,
    evidence_nats      double precision NOT NULL,
    account_count      bigint           NOT NULL,
    event_count        bigint           NOT NULL,
    member_event_count bigint           NOT NULL,
    output_tokens      bigint           NOT NULL,
    budget_share       double precision NOT NULL,
    signals            jsonb            NOT NULL, -- {name: {"value", "usual", "nats"}}
    stored_at          timestamptz      NOT NULL DEFAULT now(),
    PRIMARY KEY (link, anchor_key)
);

-- Accounts of such a group, as last told by it.
CREATE TABLE group_member (
    link          text        NOT NULL,
    anchor_key    text        NOT NULL,
    account_id    text        NOT NULL,
    uses          bigint      NOT NULL,
    event_count   bigint      NOT NULL,
    output_tokens bigint      NOT NULL,
    first_seen    timestamptz NOT NULL,
    last_seen     timestamptz NOT NULL,
    effective_at  timestamptz NOT NULL,
    stored_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (link, anchor_key, account_id),
    FOREIGN KEY (link, anchor_key) REFERENCES anchor_group ON DELETE CASCADE
);

CREATE INDEX group_member_account ON group_member (account_id);

-- Every look at a group that passed the low bar.
CREATE TABLE group_window (
    link               text             NOT NULL,
    anchor_key         text             NOT NULL,
    effective_at       timestamptz      NOT NULL,
    evidence_nats      double precision NOT NULL,
    account_count      bigint           NOT NULL,
    event_count        bigint           NOT NULL,
    member_event_count bigint           NOT NULL,
    output_tokens      bigint           NOT NULL,
    budget_share       double precision NOT NULL,
    signals            jsonb            NOT NULL,
    founds_campaign    text             NOT NULL, -- the entity_id of a campaign that this look founds, if it founds one
    stored_at          timestamptz      NOT NULL DEFAULT now(),
    PRIMARY KEY (link, anchor_key, effective_at)
) PARTITION BY RANGE (effective_at);

CREATE INDEX group_window_founds ON group_window (founds_campaign);

-- The last look at an account in each ten minutes of event time in which one passed the low bar. Counts are those of
-- the account's life, so volume is the difference of two windows.
CREATE TABLE account_window (
    account_id         text             NOT NULL,
    window_start       timestamptz      NOT NULL,
    effective_at       timestamptz      NOT NULL,
    position           bigint           NOT NULL, -- request offset of the look, in the account's partition
    evidence_nats      double precision NOT NULL,
    peak_evidence_nats double precision NOT NULL,
    event_count        bigint           NOT NULL,
    output_tokens      bigint           NOT NULL,
    first_seen         timestamptz      NOT NULL,
    last_seen          timestamptz      NOT NULL,
    coverage_entropy   double precision, -- nats
    distinct_contents  double precision, -- 0 to 1
    requests_per_day   double precision,
    signals            jsonb            NOT NULL, -- {name: {"value", "usual", "nats"}}
    stored_at          timestamptz      NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, window_start)
) PARTITION BY RANGE (window_start);

-- What people said of alerts, in the order of verdicts.v1.
CREATE TABLE verdict (
    verdict_id    text        PRIMARY KEY,
    alert_id      text        NOT NULL,
    verdict       text        NOT NULL CHECK (verdict IN ('false_positive', 'true_positive', 'expected')),
    scope         text        NOT NULL CHECK (scope IN ('template', 'accounts', 'campaign')),
    until_at      timestamptz NOT NULL, -- 180 days ahead for a true positive without one, as the worker takes it
    note          text        NOT NULL,
    given_by      text        NOT NULL,
    given_at      timestamptz NOT NULL,
    account_count integer     NOT NULL,
    log_offset    bigint      NOT NULL,
    appended_at   timestamptz NOT NULL,
    stored_at     timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX verdict_alert ON verdict (alert_id);

-- Accounts that a verdict lists, none where all named ones are meant.
CREATE TABLE verdict_account (
    verdict_id text NOT NULL REFERENCES verdict ON DELETE CASCADE,
    account_id text NOT NULL,
    PRIMARY KEY (verdict_id, account_id)
);

CREATE INDEX verdict_account_account ON verdict_account (account_id);

-- What was done to accounts, in the order of enforcement.v1.
CREATE TABLE enforcement (
    enforcement_id text        PRIMARY KEY,
    action         text        NOT NULL CHECK (action IN ('banned', 'suspended', 'limited')),
    reason         text        NOT NULL,
    imposed_at     timestamptz NOT NULL,
    account_count  integer     NOT NULL,
    log_offset     bigint      NOT NULL,
    appended_at    timestamptz NOT NULL,
    stored_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE enforcement_account (
    enforcement_id text NOT NULL REFERENCES enforcement ON DELETE CASCADE,
    account_id     text NOT NULL,
    PRIMARY KEY (enforcement_id, account_id)
);

CREATE INDEX enforcement_account_account ON enforcement_account (account_id);

-- Coordinates and reasons of refused records (dead-letters.v1), never their content.
CREATE TABLE dead_letter (
    topic       text        NOT NULL, -- where the refused record stands
    partition   integer     NOT NULL,
    log_offset  bigint      NOT NULL,
    appended_at timestamptz NOT NULL,
    field       text        NOT NULL,
    reason      text        NOT NULL,
    detail      text        NOT NULL,
    stored_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, log_offset, appended_at)
) PARTITION BY RANGE (appended_at);

CREATE INDEX dead_letter_reason ON dead_letter (reason, appended_at);

-- Records of our own topics that the sink could not store: unreadable, or with another content than the same alert_id
-- and sequence had before.
CREATE TABLE refused_record (
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    log_offset  bigint      NOT NULL,
    reason      text        NOT NULL,
    detail      text        NOT NULL,
    appended_at timestamptz NOT NULL,
    stored_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, log_offset)
);

-- What people did with alerts, in order. Nothing here is changed or deleted but by erasure and retention.
CREATE TABLE alert_action (
    action_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id  text        NOT NULL,
    action    text        NOT NULL CHECK (action ~ '^[a-z][a-z_]{0,39}$'), -- ack, unack, assign, unassign, comment, ...
    actor     text        NOT NULL CHECK (actor <> ''),
    acted_at  timestamptz NOT NULL DEFAULT now(),
    assignee  text        CHECK ((assignee IS NOT NULL) = (action = 'assign')),
    body      text        NOT NULL DEFAULT '',
    details   jsonb       NOT NULL DEFAULT '{}'
);

CREATE INDEX alert_action_alert ON alert_action (alert_id, action_id);

-- One row per erased account: a keyed hash, and how many rows of each table went.
CREATE TABLE erasure (
    account_hash bytea       NOT NULL,
    erased_at    timestamptz NOT NULL DEFAULT now(),
    actor        text        NOT NULL,
    rows_erased  jsonb       NOT NULL,
    PRIMARY KEY (account_hash, erased_at)
);

CREATE FUNCTION keep_audit_trail() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF current_setting('stillwatch.cleaning', true) = 'on' THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'table %: rows are only added; write a further one', TG_TABLE_NAME;
END $$;

CREATE TRIGGER alert_action_is_kept BEFORE UPDATE OR DELETE ON alert_action
    FOR EACH ROW EXECUTE FUNCTION keep_audit_trail();
CREATE TRIGGER alert_action_is_not_truncated BEFORE TRUNCATE ON alert_action
    FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_trail();
CREATE TRIGGER erasure_is_kept BEFORE UPDATE OR DELETE ON erasure
    FOR EACH ROW EXECUTE FUNCTION keep_audit_trail();

-- The alert's row follows its trail, so that whoever acts writes one row and both agree.
CREATE FUNCTION follow_audit_trail() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    CASE NEW.action
        WHEN 'ack' THEN
            UPDATE alert SET acked_at = NEW.acted_at, acked_by = NEW.actor, acked_sequence = last_sequence
            WHERE alert_id = NEW.alert_id;
        WHEN 'unack' THEN
            UPDATE alert SET acked_at = NULL, acked_by = NULL, acked_sequence = NULL WHERE alert_id = NEW.alert_id;
        WHEN 'assign' THEN
            UPDATE alert SET assignee = NEW.assignee, assigned_at = NEW.acted_at, assigned_by = NEW.actor
            WHERE alert_id = NEW.alert_id;
        WHEN 'unassign' THEN
            UPDATE alert SET assignee = NULL, assigned_at = NULL, assigned_by = NULL WHERE alert_id = NEW.alert_id;
        ELSE
            NULL;
    END CASE;
    RETURN NEW;
END $$;

CREATE TRIGGER alert_follows_its_trail AFTER INSERT ON alert_action
    FOR EACH ROW EXECUTE FUNCTION follow_audit_trail();

-- The alert that stands for another after merges. At most 64 merges are followed.
CREATE FUNCTION surviving_alert(named text) RETURNS text LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH RECURSIVE chain (alert_id, merged_into, depth) AS (
        SELECT alert_id, merged_into, 0 FROM alert WHERE alert_id = named
        UNION ALL
        SELECT a.alert_id, a.merged_into, c.depth + 1 FROM chain c JOIN alert a ON a.alert_id = c.merged_into
        WHERE c.depth < 64
    )
    SELECT coalesce((SELECT alert_id FROM chain ORDER BY depth DESC LIMIT 1), named)
$$;

-- How each alert stands, with its reasons.
CREATE VIEW alert_current AS
SELECT a.*, r.reasons, r.counter_evidence, r.techniques, r.suggested_actions, r.links, r.false_alarm_budget,
       r.model_version, r.config_hash
FROM alert a
LEFT JOIN alert_record r
       ON r.alert_id = a.alert_id AND r.sequence = a.last_sequence AND r.detected_at = a.last_detected_at;

CREATE VIEW campaign_member AS
SELECT m.alert_id, a.entity_id AS campaign_id, m.account_id, m.sequence, m.named_at
FROM alert_account m
JOIN alert a USING (alert_id)
WHERE a.kind = 'campaign';

-- Anchors that a campaign's accounts share: the one it was founded on, and all whose told members overlap with its
-- accounts by at least half of the smaller of both, as the decision joins them.
CREATE VIEW campaign_link AS
SELECT s.alert_id, s.campaign_id, s.link, s.anchor_key, s.founding, s.shared_accounts, s.uses, s.output_tokens,
       g.account_count AS group_account_count, g.evidence_nats, g.signals, g.effective_at
FROM (
    SELECT m.alert_id, m.campaign_id, t.link, t.anchor_key, count(*) AS shared_accounts,
           sum(t.uses)::bigint AS uses, sum(t.output_tokens)::bigint AS output_tokens,
           EXISTS (
               SELECT FROM group_window w
               WHERE w.founds_campaign = m.campaign_id AND w.link = t.link AND w.anchor_key = t.anchor_key
           ) AS founding
    FROM campaign_member m
    JOIN group_member t USING (account_id)
    GROUP BY m.alert_id, m.campaign_id, t.link, t.anchor_key
) s
JOIN anchor_group g USING (link, anchor_key)
JOIN alert a USING (alert_id)
WHERE s.founding OR s.shared_accounts >= greatest(2, 0.5 * least(a.account_count, g.account_count));

-- What verdicts silence: owner, reason and expiry. A verdict on listed accounts, or on the accounts of a campaign, stands
-- until it ends; any other is replaced by the next one of its alert, and a true positive lifts it for a campaign.
CREATE VIEW suppression AS
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
    WHERE l.surviving_alert_id = v.surviving_alert_id
      AND (l.given_at, l.log_offset) > (v.given_at, v.log_offset)
      AND NOT v.stands_alone
      AND CASE WHEN l.verdict = 'true_positive' THEN v.kind IS DISTINCT FROM 'account' ELSE NOT l.stands_alone END
    ORDER BY l.given_at, l.log_offset
    LIMIT 1
) later ON true
WHERE v.verdict <> 'true_positive';
