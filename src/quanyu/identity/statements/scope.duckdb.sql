-- scope: the identifiers that new evidence or changed decisions can move, with all that decides about them
-- grain: identifier_id (temporary table identity_scope)
-- source: docs/identity.md; embedded engine only, because the ledger lives in the warehouse
-- Changed decisions count as new evidence of what they name; so does everything seen with a new identifier.
CREATE OR REPLACE TEMP TABLE identity_news AS
SELECT i.identifier_id FROM landing.identifier AS i, identity_span AS s
WHERE i.first_batch_seq > s.after_seq AND i.first_batch_seq <= s.until_seq
UNION
SELECT d.identifier_id FROM identity_decided AS d;

CREATE OR REPLACE TEMP VIEW identity_known_pair AS
SELECT p.identifier_a, p.identifier_b, p.first_batch_seq > (SELECT after_seq FROM identity_span) AS is_new
FROM landing.identifier_pair AS p
WHERE p.first_batch_seq <= (SELECT until_seq FROM identity_span);

-- What is shared stays shared as evidence grows: it joins nothing, so nothing spreads through it.
CREATE OR REPLACE TEMP TABLE identity_seed AS
WITH named AS (
  SELECT n.identifier_id FROM identity_news AS n
  UNION SELECT p.identifier_a FROM identity_known_pair AS p WHERE p.is_new
  UNION SELECT p.identifier_b FROM identity_known_pair AS p WHERE p.is_new
  UNION SELECT p.identifier_b FROM identity_known_pair AS p SEMI JOIN identity_news AS n ON n.identifier_id = p.identifier_a
  UNION SELECT p.identifier_a FROM identity_known_pair AS p SEMI JOIN identity_news AS n ON n.identifier_id = p.identifier_b
)
SELECT identifier_id FROM named
ANTI JOIN (SELECT o.identifier_id FROM identity.identifier_person AS o WHERE o.inert_reason = 'shared') AS shared
  USING (identifier_id);

-- Whole clusters: a cluster is closed under evidence, so nothing outside can decide about its inside.
CREATE OR REPLACE TEMP TABLE identity_touched AS
SELECT identifier_id FROM identity_seed
UNION
SELECT o.identifier_id FROM identity.identifier_person AS o
SEMI JOIN (
  SELECT c.cluster_id FROM identity.identifier_person AS c SEMI JOIN identity_seed AS s ON s.identifier_id = c.identifier_id
) AS cluster ON cluster.cluster_id = o.cluster_id;

-- What attaches to a touched cluster may now attach elsewhere; whoever it was seen with decides.  (Known ones come back
-- with their own cluster below, new ones are touched.)
CREATE OR REPLACE TEMP TABLE identity_weak AS
WITH near AS (
  SELECT identifier_id FROM identity_touched
  UNION SELECT p.identifier_b FROM identity_known_pair AS p SEMI JOIN identity_touched AS t ON t.identifier_id = p.identifier_a
  UNION SELECT p.identifier_a FROM identity_known_pair AS p SEMI JOIN identity_touched AS t ON t.identifier_id = p.identifier_b
)
SELECT n.identifier_id FROM near AS n
JOIN landing.identifier AS i ON i.identifier_id = n.identifier_id
LEFT JOIN identity.identifier_person AS o ON o.identifier_id = n.identifier_id
WHERE i.id_type NOT IN (SELECT m.id_type FROM identity_merging_type AS m) AND o.inert_reason IS DISTINCT FROM 'shared';

CREATE OR REPLACE TEMP TABLE identity_scope AS
WITH companion AS (
  SELECT identifier_id FROM identity_weak
  UNION SELECT p.identifier_b FROM identity_known_pair AS p SEMI JOIN identity_weak AS w ON w.identifier_id = p.identifier_a
  UNION SELECT p.identifier_a FROM identity_known_pair AS p SEMI JOIN identity_weak AS w ON w.identifier_id = p.identifier_b
),
-- A shared one stays as it is: with only some of its evidence it would not be found to be shared.
cluster AS (
  SELECT o.cluster_id FROM identity.identifier_person AS o SEMI JOIN companion AS c ON c.identifier_id = o.identifier_id
  WHERE o.inert_reason IS DISTINCT FROM 'shared'
)
SELECT identifier_id FROM identity_touched
UNION SELECT o.identifier_id FROM identity.identifier_person AS o SEMI JOIN cluster AS c ON c.cluster_id = o.cluster_id;
