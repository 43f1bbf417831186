CREATE VIEW "v_alert_events" AS
SELECT
  a.tenant AS "tenant",
  strftime('%Y-%m-%dT%H:%M:%fZ', (e.at / 1000) / 1000.0, 'unixepoch') AS "at",
  e.kind AS "event",
  e.reason AS "reason",
  e.alert_id AS "alert_id",
  a.rule AS "rule",
  e.severity AS "severity",
  e.phase AS "phase",
  a.kind AS "kind",
  a.key AS "key",
  e.name AS "name",
  e.value AS "value",
  e.limit_value AS "limit_value",
  e.summary AS "summary",
  e.detail AS "detail"
FROM alert_events AS e
JOIN alerts AS a ON a.id = e.alert_id
CREATE VIEW "v_alerts" AS
SELECT
  a.tenant AS "tenant",
  a.id AS "id",
  a.rule AS "rule",
  a.severity AS "severity",
  a.phase AS "phase",
  a.kind AS "kind",
  a.key AS "key",
  a.name AS "name",
  coalesce(json_extract(a.subject_labels, '$.folder'), '') AS "folder",
  a.summary AS "summary",
  a.value AS "value",
  a.limit_value AS "limit_value",
  strftime('%Y-%m-%dT%H:%M:%fZ', (a.started_at / 1000) / 1000.0, 'unixepoch') AS "started_at",
  strftime('%Y-%m-%dT%H:%M:%fZ', (a.opened_at / 1000) / 1000.0, 'unixepoch') AS "opened_at",
  strftime('%Y-%m-%dT%H:%M:%fZ', (a.resolved_at / 1000) / 1000.0, 'unixepoch') AS "resolved_at",
  strftime('%Y-%m-%dT%H:%M:%fZ', (a.updated_at / 1000) / 1000.0, 'unixepoch') AS "updated_at",
  strftime('%Y-%m-%dT%H:%M:%fZ', (a.flapping_since / 1000) / 1000.0, 'unixepoch') AS "flapping_since",
  (SELECT group_concat(value, '; ') FROM (SELECT value FROM json_each(a.mutes) ORDER BY key)) AS "suppressed_by",
  strftime('%Y-%m-%dT%H:%M:%fZ', (k.at / 1000) / 1000.0, 'unixepoch') AS "acknowledged_at",
  k.author AS "acknowledged_by",
  a.end_reason AS "end_reason",
  a.rule_text AS "rule_text"
FROM alerts AS a
LEFT JOIN acknowledgements AS k ON k.id = (SELECT max(id) FROM acknowledgements WHERE alert_id = a.id)
CREATE VIEW "v_days" AS
SELECT
  s.tenant AS "tenant",
  s.kind AS "kind",
  s.key AS "key",
  s.name AS "name",
  m.name AS "metric",
  strftime('%Y-%m-%dT%H:%M:%fZ', (CAST(r.day AS bigint) * 86400000) / 1000.0, 'unixepoch') AS "at",
  coalesce(r.known_ms, 86400000) / 1000.0 AS "known_s",
  r.changes AS "changes",
  coalesce(r.risen, 0) AS "risen",
  CASE WHEN r.area IS NULL THEN r.least ELSE r.area / coalesce(r.known_ms, 86400000) END AS "mean",
  r.least AS "least",
  coalesce(r.greatest, r.least) AS "greatest",
  coalesce(r.last, r.least) AS "last",
  coalesce(r.p95, r.least) AS "p95"
FROM days AS r
JOIN metrics AS m ON m.id = r.metric_id
JOIN subjects AS s ON s.id = r.subject_id
CREATE VIEW "v_deliveries" AS
SELECT
  coalesce(a.tenant, '') AS "tenant",
  d.id AS "id",
  d.channel AS "channel",
  d.state AS "state",
  m.alert_id AS "alert_id",
  a.rule AS "rule",
  a.kind AS "kind",
  a.name AS "name",
  m.what AS "what",
  strftime('%Y-%m-%dT%H:%M:%fZ', (d.created_at / 1000) / 1000.0, 'unixepoch') AS "created_at",
  strftime('%Y-%m-%dT%H:%M:%fZ', (d.next_at / 1000) / 1000.0, 'unixepoch') AS "next_at",
  d.attempts AS "attempts",
  d.last_error AS "last_error",
  strftime('%Y-%m-%dT%H:%M:%fZ', (d.settled_at / 1000) / 1000.0, 'unixepoch') AS "settled_at",
  d.may_have_arrived AS "may_have_arrived"
FROM deliveries AS d
LEFT JOIN delivery_alerts AS m ON m.delivery_seq = d.seq
LEFT JOIN alerts AS a ON a.id = m.alert_id
CREATE VIEW "v_hours" AS
SELECT
  s.tenant AS "tenant",
  s.kind AS "kind",
  s.key AS "key",
  s.name AS "name",
  m.name AS "metric",
  strftime('%Y-%m-%dT%H:%M:%fZ', ((CAST(r.day AS bigint) * 24 + r.hour + h.place) * 3600000) / 1000.0, 'unixepoch') AS "at",
  coalesce(r.known_ms, 3600000) / 1000.0 AS "known_s",
  r.changes AS "changes",
  coalesce(r.risen, 0) AS "risen",
  CASE WHEN r.area IS NULL THEN r.least ELSE r.area / coalesce(r.known_ms, 3600000) END AS "mean",
  r.least AS "least",
  coalesce(r.greatest, r.least) AS "greatest",
  coalesce(r.last, r.least) AS "last",
  coalesce(r.p95, r.least) AS "p95"
FROM hours AS r
JOIN metrics AS m ON m.id = r.metric_id
JOIN subjects AS s ON s.id = r.subject_id
JOIN (SELECT column1 AS place FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23)) AS v) AS h ON h.place < r.hours
CREATE VIEW "v_license_history" AS
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.license_type'), s.name) AS "license_type",
  h.allowed AS "allowed",
  h.used AS "used",
  h.free AS "free",
  h.used_ratio AS "used_ratio",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_to / 1000.0, 'unixepoch') AS "valid_to"
FROM license_sealed AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.day < coalesce((SELECT before_day FROM seals WHERE kind = 'license'), 0)
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.license_type'), s.name) AS "license_type",
  h.allowed AS "allowed",
  h.used AS "used",
  h.free AS "free",
  h.used_ratio AS "used_ratio",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_to / 1000.0, 'unixepoch') AS "valid_to"
FROM license_stretches AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.valid_to >= CAST(coalesce((SELECT before_day FROM seals WHERE kind = 'license'), 0) AS bigint) * 86400000
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.license_type'), s.name) AS "license_type",
  l.allowed AS "allowed",
  l.used AS "used",
  l.free AS "free",
  l.used_ratio AS "used_ratio",
  strftime('%Y-%m-%dT%H:%M:%fZ', l.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  CAST(NULL AS text) AS "valid_to"
FROM license_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
CREATE VIEW "v_licenses" AS
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.license_type'), s.name) AS "license_type",
  l.allowed AS "allowed",
  l.used AS "used",
  l.free AS "free",
  l.used_ratio AS "used_ratio",
  strftime('%Y-%m-%dT%H:%M:%fZ', l.valid_from / 1000.0, 'unixepoch') AS "since",
  strftime('%Y-%m-%dT%H:%M:%fZ', i.observed_at / 1000.0, 'unixepoch') AS "seen_at"
FROM license_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind
CREATE VIEW "v_machine_history" AS
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.machine'), '') AS "machine",
  coalesce(json_extract(s.labels, '$.host'), '') AS "host",
  coalesce(json_extract(s.labels, '$.robot_type'), '') AS "robot_type",
  coalesce(json_extract(s.labels, '$.license_type'), '') AS "license_type",
  h.runtimes AS "runtimes",
  h.used_runtimes AS "used_runtimes",
  h.sessions AS "sessions",
  h.unresponsive_sessions AS "unresponsive_sessions",
  h.disconnected_sessions AS "disconnected_sessions",
  h.late_sessions AS "late_sessions",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_to / 1000.0, 'unixepoch') AS "valid_to"
FROM machine_sealed AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.day < coalesce((SELECT before_day FROM seals WHERE kind = 'machine'), 0)
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.machine'), '') AS "machine",
  coalesce(json_extract(s.labels, '$.host'), '') AS "host",
  coalesce(json_extract(s.labels, '$.robot_type'), '') AS "robot_type",
  coalesce(json_extract(s.labels, '$.license_type'), '') AS "license_type",
  h.runtimes AS "runtimes",
  h.used_runtimes AS "used_runtimes",
  h.sessions AS "sessions",
  h.unresponsive_sessions AS "unresponsive_sessions",
  h.disconnected_sessions AS "disconnected_sessions",
  h.late_sessions AS "late_sessions",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_to / 1000.0, 'unixepoch') AS "valid_to"
FROM machine_stretches AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.valid_to >= CAST(coalesce((SELECT before_day FROM seals WHERE kind = 'machine'), 0) AS bigint) * 86400000
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.machine'), '') AS "machine",
  coalesce(json_extract(s.labels, '$.host'), '') AS "host",
  coalesce(json_extract(s.labels, '$.robot_type'), '') AS "robot_type",
  coalesce(json_extract(s.labels, '$.license_type'), '') AS "license_type",
  l.runtimes AS "runtimes",
  l.used_runtimes AS "used_runtimes",
  l.sessions AS "sessions",
  l.unresponsive_sessions AS "unresponsive_sessions",
  l.disconnected_sessions AS "disconnected_sessions",
  l.late_sessions AS "late_sessions",
  strftime('%Y-%m-%dT%H:%M:%fZ', l.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  CAST(NULL AS text) AS "valid_to"
FROM machine_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
CREATE VIEW "v_machines" AS
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.machine'), '') AS "machine",
  coalesce(json_extract(s.labels, '$.host'), '') AS "host",
  coalesce(json_extract(s.labels, '$.robot_type'), '') AS "robot_type",
  coalesce(json_extract(s.labels, '$.license_type'), '') AS "license_type",
  l.runtimes AS "runtimes",
  l.used_runtimes AS "used_runtimes",
  l.sessions AS "sessions",
  l.unresponsive_sessions AS "unresponsive_sessions",
  l.disconnected_sessions AS "disconnected_sessions",
  l.late_sessions AS "late_sessions",
  strftime('%Y-%m-%dT%H:%M:%fZ', l.valid_from / 1000.0, 'unixepoch') AS "since",
  strftime('%Y-%m-%dT%H:%M:%fZ', i.observed_at / 1000.0, 'unixepoch') AS "seen_at"
FROM machine_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind
CREATE VIEW "v_polls" AS
SELECT
  p.tenant AS "tenant",
  p.collector AS "collector",
  strftime('%Y-%m-%dT%H:%M:%fZ', p.started_at / 1000.0, 'unixepoch') AS "started_at",
  p.took_s AS "took_s",
  p.outcome AS "outcome",
  p.error AS "error",
  p.samples AS "samples",
  p.skipped AS "skipped",
  p.requests AS "requests",
  strftime('%Y-%m-%dT%H:%M:%fZ', p.observed_at / 1000.0, 'unixepoch') AS "observed_at"
FROM polls AS p
CREATE VIEW "v_queue_history" AS
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.queue'), s.name) AS "queue",
  coalesce(json_extract(s.labels, '$.folder'), '') AS "folder",
  coalesce(json_extract(s.labels, '$.process'), '') AS "process",
  h.new_items AS "new_items",
  h.in_progress_items AS "in_progress_items",
  h.successful_items AS "successful_items",
  h.failed_items AS "failed_items",
  h.application_exceptions AS "application_exceptions",
  h.business_exceptions AS "business_exceptions",
  h.mean_processing_s AS "mean_processing_s",
  h.seconds_since_processed AS "seconds_since_processed",
  h.overdue_items AS "overdue_items",
  h.deferred_items AS "deferred_items",
  h.oldest_new_s AS "oldest_new_s",
  h.abandoned_items AS "abandoned_items",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_to / 1000.0, 'unixepoch') AS "valid_to"
FROM queue_sealed AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.day < coalesce((SELECT before_day FROM seals WHERE kind = 'queue'), 0)
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.queue'), s.name) AS "queue",
  coalesce(json_extract(s.labels, '$.folder'), '') AS "folder",
  coalesce(json_extract(s.labels, '$.process'), '') AS "process",
  h.new_items AS "new_items",
  h.in_progress_items AS "in_progress_items",
  h.successful_items AS "successful_items",
  h.failed_items AS "failed_items",
  h.application_exceptions AS "application_exceptions",
  h.business_exceptions AS "business_exceptions",
  h.mean_processing_s AS "mean_processing_s",
  h.seconds_since_processed AS "seconds_since_processed",
  h.overdue_items AS "overdue_items",
  h.deferred_items AS "deferred_items",
  h.oldest_new_s AS "oldest_new_s",
  h.abandoned_items AS "abandoned_items",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_to / 1000.0, 'unixepoch') AS "valid_to"
FROM queue_stretches AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.valid_to >= CAST(coalesce((SELECT before_day FROM seals WHERE kind = 'queue'), 0) AS bigint) * 86400000
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.queue'), s.name) AS "queue",
  coalesce(json_extract(s.labels, '$.folder'), '') AS "folder",
  coalesce(json_extract(s.labels, '$.process'), '') AS "process",
  l.new_items AS "new_items",
  l.in_progress_items AS "in_progress_items",
  l.successful_items AS "successful_items",
  l.failed_items AS "failed_items",
  l.application_exceptions AS "application_exceptions",
  l.business_exceptions AS "business_exceptions",
  l.mean_processing_s AS "mean_processing_s",
  l.seconds_since_processed AS "seconds_since_processed",
  l.overdue_items AS "overdue_items",
  l.deferred_items AS "deferred_items",
  l.oldest_new_s AS "oldest_new_s",
  l.abandoned_items AS "abandoned_items",
  strftime('%Y-%m-%dT%H:%M:%fZ', l.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  CAST(NULL AS text) AS "valid_to"
FROM queue_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
CREATE VIEW "v_queues" AS
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.queue'), s.name) AS "queue",
  coalesce(json_extract(s.labels, '$.folder'), '') AS "folder",
  coalesce(json_extract(s.labels, '$.process'), '') AS "process",
  l.new_items AS "new_items",
  l.in_progress_items AS "in_progress_items",
  l.successful_items AS "successful_items",
  l.failed_items AS "failed_items",
  l.application_exceptions AS "application_exceptions",
  l.business_exceptions AS "business_exceptions",
  l.mean_processing_s AS "mean_processing_s",
  l.seconds_since_processed AS "seconds_since_processed",
  l.overdue_items AS "overdue_items",
  l.deferred_items AS "deferred_items",
  l.oldest_new_s AS "oldest_new_s",
  l.abandoned_items AS "abandoned_items",
  strftime('%Y-%m-%dT%H:%M:%fZ', l.valid_from / 1000.0, 'unixepoch') AS "since",
  strftime('%Y-%m-%dT%H:%M:%fZ', i.observed_at / 1000.0, 'unixepoch') AS "seen_at"
FROM queue_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind
CREATE VIEW "v_session_history" AS
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.robot'), '') AS "robot",
  coalesce(json_extract(s.labels, '$.robot_type'), '') AS "robot_type",
  coalesce(json_extract(s.labels, '$.machine'), '') AS "machine",
  coalesce(json_extract(s.labels, '$.host'), '') AS "host",
  coalesce(json_extract(s.labels, '$.folder'), '') AS "folder",
  h.state AS "state",
  coalesce(json_extract(s.labels, '$.version'), '') AS "version",
  h.heartbeat_age_s AS "heartbeat_age_s",
  h.is_unresponsive AS "is_unresponsive",
  h.is_disconnected AS "is_disconnected",
  h.is_available AS "is_available",
  h.is_busy AS "is_busy",
  h.in_maintenance AS "in_maintenance",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_to / 1000.0, 'unixepoch') AS "valid_to"
FROM session_sealed AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.day < coalesce((SELECT before_day FROM seals WHERE kind = 'session'), 0)
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.robot'), '') AS "robot",
  coalesce(json_extract(s.labels, '$.robot_type'), '') AS "robot_type",
  coalesce(json_extract(s.labels, '$.machine'), '') AS "machine",
  coalesce(json_extract(s.labels, '$.host'), '') AS "host",
  coalesce(json_extract(s.labels, '$.folder'), '') AS "folder",
  h.state AS "state",
  coalesce(json_extract(s.labels, '$.version'), '') AS "version",
  h.heartbeat_age_s AS "heartbeat_age_s",
  h.is_unresponsive AS "is_unresponsive",
  h.is_disconnected AS "is_disconnected",
  h.is_available AS "is_available",
  h.is_busy AS "is_busy",
  h.in_maintenance AS "in_maintenance",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_to / 1000.0, 'unixepoch') AS "valid_to"
FROM session_stretches AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.valid_to >= CAST(coalesce((SELECT before_day FROM seals WHERE kind = 'session'), 0) AS bigint) * 86400000
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.robot'), '') AS "robot",
  coalesce(json_extract(s.labels, '$.robot_type'), '') AS "robot_type",
  coalesce(json_extract(s.labels, '$.machine'), '') AS "machine",
  coalesce(json_extract(s.labels, '$.host'), '') AS "host",
  coalesce(json_extract(s.labels, '$.folder'), '') AS "folder",
  l.state AS "state",
  coalesce(json_extract(s.labels, '$.version'), '') AS "version",
  l.heartbeat_age_s AS "heartbeat_age_s",
  l.is_unresponsive AS "is_unresponsive",
  l.is_disconnected AS "is_disconnected",
  l.is_available AS "is_available",
  l.is_busy AS "is_busy",
  l.in_maintenance AS "in_maintenance",
  strftime('%Y-%m-%dT%H:%M:%fZ', l.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  CAST(NULL AS text) AS "valid_to"
FROM session_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
CREATE VIEW "v_sessions" AS
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(json_extract(s.labels, '$.robot'), '') AS "robot",
  coalesce(json_extract(s.labels, '$.robot_type'), '') AS "robot_type",
  coalesce(json_extract(s.labels, '$.machine'), '') AS "machine",
  coalesce(json_extract(s.labels, '$.host'), '') AS "host",
  coalesce(json_extract(s.labels, '$.folder'), '') AS "folder",
  l.state AS "state",
  coalesce(json_extract(s.labels, '$.version'), '') AS "version",
  l.heartbeat_age_s AS "heartbeat_age_s",
  l.is_unresponsive AS "is_unresponsive",
  l.is_disconnected AS "is_disconnected",
  l.is_available AS "is_available",
  l.is_busy AS "is_busy",
  l.in_maintenance AS "in_maintenance",
  strftime('%Y-%m-%dT%H:%M:%fZ', l.valid_from / 1000.0, 'unixepoch') AS "since",
  strftime('%Y-%m-%dT%H:%M:%fZ', i.observed_at / 1000.0, 'unixepoch') AS "seen_at"
FROM session_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind
CREATE VIEW "v_silences" AS
SELECT
  '' AS "tenant",
  q.id AS "id",
  (SELECT group_concat(value, ' and ') FROM (SELECT value FROM json_each(q.matchers) ORDER BY key)) AS "matchers",
  strftime('%Y-%m-%dT%H:%M:%fZ', (q.starts_at / 1000) / 1000.0, 'unixepoch') AS "starts_at",
  strftime('%Y-%m-%dT%H:%M:%fZ', (q.ends_at / 1000) / 1000.0, 'unixepoch') AS "ends_at",
  strftime('%Y-%m-%dT%H:%M:%fZ', (q.created_at / 1000) / 1000.0, 'unixepoch') AS "created_at",
  q.author AS "author",
  q.comment AS "comment"
FROM silences AS q
CREATE VIEW "v_subscription_history" AS
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  h.days_to_expiry AS "days_to_expiry",
  h.is_expired AS "is_expired",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_to / 1000.0, 'unixepoch') AS "valid_to"
FROM subscription_sealed AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.day < coalesce((SELECT before_day FROM seals WHERE kind = 'subscription'), 0)
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  h.days_to_expiry AS "days_to_expiry",
  h.is_expired AS "is_expired",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  strftime('%Y-%m-%dT%H:%M:%fZ', h.valid_to / 1000.0, 'unixepoch') AS "valid_to"
FROM subscription_stretches AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.valid_to >= CAST(coalesce((SELECT before_day FROM seals WHERE kind = 'subscription'), 0) AS bigint) * 86400000
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  l.days_to_expiry AS "days_to_expiry",
  l.is_expired AS "is_expired",
  strftime('%Y-%m-%dT%H:%M:%fZ', l.valid_from / 1000.0, 'unixepoch') AS "valid_from",
  CAST(NULL AS text) AS "valid_to"
FROM subscription_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
CREATE VIEW "v_subscriptions" AS
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  l.days_to_expiry AS "days_to_expiry",
  l.is_expired AS "is_expired",
  strftime('%Y-%m-%dT%H:%M:%fZ', l.valid_from / 1000.0, 'unixepoch') AS "since",
  strftime('%Y-%m-%dT%H:%M:%fZ', i.observed_at / 1000.0, 'unixepoch') AS "seen_at"
FROM subscription_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind
CREATE TABLE absences (
	missed_at BIGINT NOT NULL, 
	subject_id BIGINT NOT NULL, 
	ended_at BIGINT, 
	CONSTRAINT pk_absences PRIMARY KEY (missed_at, subject_id)
)
 WITHOUT ROWID


CREATE TABLE acknowledgements (
	id INTEGER NOT NULL, 
	alert_id TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	author TEXT NOT NULL, 
	note TEXT NOT NULL, 
	CONSTRAINT pk_acknowledgements PRIMARY KEY (id), 
	CONSTRAINT fk_acknowledgements_alert_id_alerts FOREIGN KEY(alert_id) REFERENCES alerts (id) ON DELETE CASCADE
)
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)
CREATE TABLE alert_events (
	id INTEGER NOT NULL, 
	alert_id TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	phase TEXT NOT NULL, 
	name TEXT NOT NULL, 
	value DOUBLE, 
	limit_value DOUBLE, 
	summary TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_alert_events PRIMARY KEY (id), 
	CONSTRAINT fk_alert_events_alert_id_alerts FOREIGN KEY(alert_id) REFERENCES alerts (id) ON DELETE CASCADE
)
CREATE TABLE alerts (
	id TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	tenant TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	subject_labels JSON NOT NULL, 
	severity TEXT NOT NULL, 
	phase TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	value DOUBLE, 
	limit_value DOUBLE, 
	started_at BIGINT NOT NULL, 
	opened_at BIGINT, 
	resolved_at BIGINT, 
	updated_at BIGINT NOT NULL, 
	held_us BIGINT NOT NULL, 
	held_at BIGINT, 
	held_count INTEGER NOT NULL, 
	fine_us BIGINT NOT NULL, 
	fine_at BIGINT, 
	fine_count INTEGER NOT NULL, 
	absent_count INTEGER NOT NULL, 
	has_no_data SMALLINT NOT NULL, 
	end_reason TEXT, 
	flapping_since BIGINT, 
	mutes JSON NOT NULL, 
	unmuted_at BIGINT, 
	told JSON NOT NULL, 
	labels JSON NOT NULL, 
	rule_text TEXT NOT NULL, 
	is_owed SMALLINT NOT NULL, 
	CONSTRAINT pk_alerts PRIMARY KEY (id), 
	CONSTRAINT ck_alerts_phase CHECK (phase in ('pending', 'firing', 'resolved'))
)
CREATE TABLE channel_paces (
	channel TEXT NOT NULL, 
	spent_until BIGINT NOT NULL, 
	CONSTRAINT pk_channel_paces PRIMARY KEY (channel)
)
CREATE TABLE collector_states (
	tenant TEXT NOT NULL, 
	collector TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	outcome_since BIGINT NOT NULL, 
	last_poll_at BIGINT NOT NULL, 
	last_success_at BIGINT, 
	last_error TEXT, 
	note TEXT NOT NULL, 
	failures INTEGER NOT NULL, 
	samples INTEGER NOT NULL, 
	CONSTRAINT pk_collector_states PRIMARY KEY (tenant, collector)
)
CREATE TABLE days (
	day INTEGER NOT NULL, 
	metric_id INTEGER NOT NULL, 
	subject_id BIGINT NOT NULL, 
	changes INTEGER NOT NULL, 
	risen DOUBLE, 
	known_ms INTEGER, 
	least DOUBLE NOT NULL, 
	greatest DOUBLE, 
	area DOUBLE, 
	last DOUBLE, 
	p95 DOUBLE, 
	CONSTRAINT pk_days PRIMARY KEY (day, metric_id, subject_id)
)
 WITHOUT ROWID


CREATE TABLE deliveries (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	message JSON NOT NULL, 
	created_at BIGINT NOT NULL, 
	next_at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	last_error TEXT, 
	settled_at BIGINT, 
	"before" JSON NOT NULL, 
	may_have_arrived SMALLINT NOT NULL, 
	CONSTRAINT pk_deliveries PRIMARY KEY (seq), 
	CONSTRAINT ck_deliveries_state CHECK (state in ('due', 'sent', 'dead', 'withdrawn')), 
	CONSTRAINT uq_deliveries_id UNIQUE (id)
)
CREATE TABLE delivery_alerts (
	delivery_seq INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	alert_id TEXT NOT NULL, 
	what TEXT, 
	CONSTRAINT pk_delivery_alerts PRIMARY KEY (delivery_seq, position), 
	CONSTRAINT fk_delivery_alerts_delivery_seq_deliveries FOREIGN KEY(delivery_seq) REFERENCES deliveries (seq) ON DELETE CASCADE
)
 WITHOUT ROWID


CREATE TABLE delivery_attempts (
	id INTEGER NOT NULL, 
	delivery_seq INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	ended_at BIGINT, 
	outcome TEXT, 
	error TEXT, 
	CONSTRAINT pk_delivery_attempts PRIMARY KEY (id), 
	CONSTRAINT fk_delivery_attempts_delivery_seq_deliveries FOREIGN KEY(delivery_seq) REFERENCES deliveries (seq) ON DELETE CASCADE
)
CREATE TABLE gaps (
	tenant TEXT NOT NULL, 
	collector TEXT NOT NULL, 
	began_at BIGINT NOT NULL, 
	ended_at BIGINT NOT NULL, 
	CONSTRAINT pk_gaps PRIMARY KEY (tenant, collector, began_at)
)
 WITHOUT ROWID


CREATE TABLE hours (
	day INTEGER NOT NULL, 
	metric_id INTEGER NOT NULL, 
	subject_id BIGINT NOT NULL, 
	hour SMALLINT NOT NULL, 
	hours SMALLINT NOT NULL, 
	changes INTEGER NOT NULL, 
	risen DOUBLE, 
	known_ms INTEGER, 
	least DOUBLE NOT NULL, 
	greatest DOUBLE, 
	area DOUBLE, 
	last DOUBLE, 
	p95 DOUBLE, 
	CONSTRAINT pk_hours PRIMARY KEY (day, metric_id, subject_id, hour)
)
 WITHOUT ROWID


CREATE TABLE license_latest (
	subject_id BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	allowed DOUBLE, 
	used DOUBLE, 
	free DOUBLE, 
	used_ratio DOUBLE, 
	CONSTRAINT pk_license_latest PRIMARY KEY (subject_id)
)
 WITHOUT ROWID


CREATE TABLE license_sealed (
	day INTEGER NOT NULL, 
	subject_id BIGINT NOT NULL, 
	valid_to BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	allowed DOUBLE, 
	used DOUBLE, 
	free DOUBLE, 
	used_ratio DOUBLE, 
	CONSTRAINT pk_license_sealed PRIMARY KEY (day, subject_id, valid_to)
)
 WITHOUT ROWID


CREATE TABLE license_stretches (
	valid_to BIGINT NOT NULL, 
	subject_id BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	allowed DOUBLE, 
	used DOUBLE, 
	free DOUBLE, 
	used_ratio DOUBLE, 
	CONSTRAINT pk_license_stretches PRIMARY KEY (valid_to, subject_id)
)
 WITHOUT ROWID


CREATE TABLE machine_latest (
	subject_id BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	runtimes DOUBLE, 
	used_runtimes DOUBLE, 
	sessions DOUBLE, 
	unresponsive_sessions DOUBLE, 
	disconnected_sessions DOUBLE, 
	late_sessions DOUBLE, 
	CONSTRAINT pk_machine_latest PRIMARY KEY (subject_id)
)
 WITHOUT ROWID


CREATE TABLE machine_sealed (
	day INTEGER NOT NULL, 
	subject_id BIGINT NOT NULL, 
	valid_to BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	runtimes DOUBLE, 
	used_runtimes DOUBLE, 
	sessions DOUBLE, 
	unresponsive_sessions DOUBLE, 
	disconnected_sessions DOUBLE, 
	late_sessions DOUBLE, 
	CONSTRAINT pk_machine_sealed PRIMARY KEY (day, subject_id, valid_to)
)
 WITHOUT ROWID


CREATE TABLE machine_stretches (
	valid_to BIGINT NOT NULL, 
	subject_id BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	runtimes DOUBLE, 
	used_runtimes DOUBLE, 
	sessions DOUBLE, 
	unresponsive_sessions DOUBLE, 
	disconnected_sessions DOUBLE, 
	late_sessions DOUBLE, 
	CONSTRAINT pk_machine_stretches PRIMARY KEY (valid_to, subject_id)
)
 WITHOUT ROWID


CREATE TABLE metrics (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT pk_metrics PRIMARY KEY (id), 
	CONSTRAINT uq_metrics_kind UNIQUE (kind, name)
)
CREATE TABLE polls (
	id INTEGER NOT NULL, 
	tenant TEXT NOT NULL, 
	collector TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	took_s DOUBLE NOT NULL, 
	outcome TEXT NOT NULL, 
	error TEXT, 
	samples INTEGER NOT NULL, 
	skipped INTEGER NOT NULL, 
	requests INTEGER NOT NULL, 
	observed_at BIGINT, 
	settled_at BIGINT NOT NULL, 
	partial SMALLINT NOT NULL, 
	CONSTRAINT pk_polls PRIMARY KEY (id)
)
CREATE TABLE queue_days (
	day INTEGER NOT NULL, 
	subject_id BIGINT NOT NULL, 
	successful DOUBLE, 
	failed DOUBLE, 
	application DOUBLE, 
	business DOUBLE, 
	handled DOUBLE NOT NULL, 
	handling_sum_s DOUBLE NOT NULL, 
	seen_ms INTEGER NOT NULL, 
	waiting_sum DOUBLE NOT NULL, 
	peak DOUBLE, 
	peak_at BIGINT, 
	longest_idle_ms INTEGER NOT NULL, 
	idle_at_first_ms INTEGER, 
	idle_at_last_ms INTEGER NOT NULL, 
	CONSTRAINT pk_queue_days PRIMARY KEY (day, subject_id)
)
 WITHOUT ROWID


CREATE TABLE queue_latest (
	subject_id BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	new_items DOUBLE, 
	in_progress_items DOUBLE, 
	successful_items DOUBLE, 
	failed_items DOUBLE, 
	application_exceptions DOUBLE, 
	business_exceptions DOUBLE, 
	mean_processing_s DOUBLE, 
	seconds_since_processed DOUBLE, 
	overdue_items DOUBLE, 
	deferred_items DOUBLE, 
	oldest_new_s DOUBLE, 
	abandoned_items DOUBLE, 
	CONSTRAINT pk_queue_latest PRIMARY KEY (subject_id)
)
 WITHOUT ROWID


CREATE TABLE queue_sealed (
	day INTEGER NOT NULL, 
	subject_id BIGINT NOT NULL, 
	valid_to BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	new_items DOUBLE, 
	in_progress_items DOUBLE, 
	successful_items DOUBLE, 
	failed_items DOUBLE, 
	application_exceptions DOUBLE, 
	business_exceptions DOUBLE, 
	mean_processing_s DOUBLE, 
	seconds_since_processed DOUBLE, 
	overdue_items DOUBLE, 
	deferred_items DOUBLE, 
	oldest_new_s DOUBLE, 
	abandoned_items DOUBLE, 
	CONSTRAINT pk_queue_sealed PRIMARY KEY (day, subject_id, valid_to)
)
 WITHOUT ROWID


CREATE TABLE queue_stretches (
	valid_to BIGINT NOT NULL, 
	subject_id BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	new_items DOUBLE, 
	in_progress_items DOUBLE, 
	successful_items DOUBLE, 
	failed_items DOUBLE, 
	application_exceptions DOUBLE, 
	business_exceptions DOUBLE, 
	mean_processing_s DOUBLE, 
	seconds_since_processed DOUBLE, 
	overdue_items DOUBLE, 
	deferred_items DOUBLE, 
	oldest_new_s DOUBLE, 
	abandoned_items DOUBLE, 
	CONSTRAINT pk_queue_stretches PRIMARY KEY (valid_to, subject_id)
)
 WITHOUT ROWID


CREATE TABLE rolled (
	tenant TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	collector TEXT NOT NULL, 
	until_day INTEGER NOT NULL, 
	CONSTRAINT pk_rolled PRIMARY KEY (tenant, kind)
)
 WITHOUT ROWID


CREATE TABLE seals (
	kind TEXT NOT NULL, 
	before_day INTEGER NOT NULL, 
	CONSTRAINT pk_seals PRIMARY KEY (kind)
)
 WITHOUT ROWID


CREATE TABLE session_latest (
	subject_id BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	heartbeat_age_s DOUBLE, 
	is_unresponsive SMALLINT, 
	is_disconnected SMALLINT, 
	is_available SMALLINT, 
	is_busy SMALLINT, 
	in_maintenance SMALLINT, 
	CONSTRAINT pk_session_latest PRIMARY KEY (subject_id)
)
 WITHOUT ROWID


CREATE TABLE session_sealed (
	day INTEGER NOT NULL, 
	subject_id BIGINT NOT NULL, 
	valid_to BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	heartbeat_age_s DOUBLE, 
	is_unresponsive SMALLINT, 
	is_disconnected SMALLINT, 
	is_available SMALLINT, 
	is_busy SMALLINT, 
	in_maintenance SMALLINT, 
	CONSTRAINT pk_session_sealed PRIMARY KEY (day, subject_id, valid_to)
)
 WITHOUT ROWID


CREATE TABLE session_stretches (
	valid_to BIGINT NOT NULL, 
	subject_id BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	heartbeat_age_s DOUBLE, 
	is_unresponsive SMALLINT, 
	is_disconnected SMALLINT, 
	is_available SMALLINT, 
	is_busy SMALLINT, 
	in_maintenance SMALLINT, 
	CONSTRAINT pk_session_stretches PRIMARY KEY (valid_to, subject_id)
)
 WITHOUT ROWID


CREATE TABLE sights (
	tenant TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	observed_at BIGINT NOT NULL, 
	CONSTRAINT pk_sights PRIMARY KEY (tenant, kind)
)
CREATE TABLE silences (
	id TEXT NOT NULL, 
	matchers JSON NOT NULL, 
	starts_at BIGINT NOT NULL, 
	ends_at BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	author TEXT NOT NULL, 
	comment TEXT NOT NULL, 
	CONSTRAINT pk_silences PRIMARY KEY (id)
)
CREATE TABLE subject_names (
	valid_to BIGINT NOT NULL, 
	subject_id BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	labels JSON NOT NULL, 
	CONSTRAINT pk_subject_names PRIMARY KEY (valid_to, subject_id)
)
 WITHOUT ROWID


CREATE TABLE subjects (
	id INTEGER NOT NULL, 
	tenant TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	labels JSON NOT NULL, 
	first_seen_at BIGINT NOT NULL, 
	gone_at BIGINT, 
	CONSTRAINT pk_subjects PRIMARY KEY (id), 
	CONSTRAINT uq_subjects_tenant UNIQUE (tenant, kind, "key")
)
CREATE TABLE subscription_latest (
	subject_id BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	days_to_expiry DOUBLE, 
	is_expired SMALLINT, 
	CONSTRAINT pk_subscription_latest PRIMARY KEY (subject_id)
)
 WITHOUT ROWID


CREATE TABLE subscription_sealed (
	day INTEGER NOT NULL, 
	subject_id BIGINT NOT NULL, 
	valid_to BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	days_to_expiry DOUBLE, 
	is_expired SMALLINT, 
	CONSTRAINT pk_subscription_sealed PRIMARY KEY (day, subject_id, valid_to)
)
 WITHOUT ROWID


CREATE TABLE subscription_stretches (
	valid_to BIGINT NOT NULL, 
	subject_id BIGINT NOT NULL, 
	valid_from BIGINT NOT NULL, 
	days_to_expiry DOUBLE, 
	is_expired SMALLINT, 
	CONSTRAINT pk_subscription_stretches PRIMARY KEY (valid_to, subject_id)
)
 WITHOUT ROWID


CREATE TABLE turns (
	at BIGINT NOT NULL, 
	what TEXT NOT NULL, 
	poll_id BIGINT NOT NULL, 
	CONSTRAINT pk_turns PRIMARY KEY (at, what)
)
 WITHOUT ROWID


CREATE INDEX ix_absences_open ON absences (subject_id) WHERE ended_at IS NULL
CREATE INDEX ix_acknowledgements_alert_id ON acknowledgements (alert_id)
CREATE INDEX ix_acknowledgements_expires_at ON acknowledgements (expires_at)
CREATE INDEX ix_alert_events_alert_id ON alert_events (alert_id)
CREATE INDEX ix_alert_events_at ON alert_events (at)
CREATE INDEX ix_alerts_remembered ON alerts (started_at) WHERE phase <> 'resolved' OR is_owed = 1
CREATE INDEX ix_deliveries_dead ON deliveries (channel) WHERE state = 'dead'
CREATE INDEX ix_deliveries_due ON deliveries (channel, seq) WHERE state = 'due'
CREATE INDEX ix_delivery_alerts_alert_id ON delivery_alerts (alert_id, delivery_seq)
CREATE INDEX ix_delivery_attempts_delivery_seq ON delivery_attempts (delivery_seq)
CREATE INDEX ix_silences_ends_at ON silences (ends_at)
