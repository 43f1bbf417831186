table absences
  missed_at bigint not null
  subject_id bigint not null
  ended_at bigint
table acknowledgements
  id bigint not null default nextval('acknowledgements_id_seq'::regclass)
  alert_id text not null
  severity text not null
  at bigint not null
  expires_at bigint not null
  author text not null
  note text not null
table alembic_version
  version_num character varying not null
table alert_events
  id bigint not null default nextval('alert_events_id_seq'::regclass)
  alert_id text not null
  at bigint not null
  kind text not null
  reason text not null
  severity text not null
  phase text not null
  name text not null
  value double precision
  limit_value double precision
  summary text not null
  detail text not null
table alerts
  id text not null
  rule text not null
  tenant text not null
  kind text not null
  key text not null
  name text not null
  subject_labels jsonb not null
  severity text not null
  phase text not null
  summary text not null
  value double precision
  limit_value double precision
  started_at bigint not null
  opened_at bigint
  resolved_at bigint
  updated_at bigint not null
  held_us bigint not null
  held_at bigint
  held_count integer not null
  fine_us bigint not null
  fine_at bigint
  fine_count integer not null
  absent_count integer not null
  has_no_data smallint not null
  end_reason text
  flapping_since bigint
  mutes jsonb not null
  unmuted_at bigint
  told jsonb not null
  labels jsonb not null
  rule_text text not null
  is_owed smallint not null
table channel_paces
  channel text not null
  spent_until bigint not null
table collector_states
  tenant text not null
  collector text not null
  outcome text not null
  outcome_since bigint not null
  last_poll_at bigint not null
  last_success_at bigint
  last_error text
  note text not null
  failures integer not null
  samples integer not null
table days
  day integer not null
  metric_id integer not null
  subject_id bigint not null
  changes integer not null
  risen double precision
  known_ms integer
  least double precision not null
  greatest double precision
  area double precision
  last double precision
  p95 double precision
table deliveries
  seq bigint not null default nextval('deliveries_seq_seq'::regclass)
  id text not null
  channel text not null
  message jsonb not null
  created_at bigint not null
  next_at bigint not null
  state text not null
  attempts integer not null
  last_error text
  settled_at bigint
  before jsonb not null
  may_have_arrived smallint not null
table delivery_alerts
  delivery_seq bigint not null
  position integer not null
  alert_id text not null
  what text
table delivery_attempts
  id bigint not null default nextval('delivery_attempts_id_seq'::regclass)
  delivery_seq bigint not null
  at bigint not null
  ended_at bigint
  outcome text
  error text
table gaps
  tenant text not null
  collector text not null
  began_at bigint not null
  ended_at bigint not null
table hours
  day integer not null
  metric_id integer not null
  subject_id bigint not null
  hour smallint not null
  hours smallint not null
  changes integer not null
  risen double precision
  known_ms integer
  least double precision not null
  greatest double precision
  area double precision
  last double precision
  p95 double precision
table license_latest
  subject_id bigint not null
  valid_from bigint not null
  allowed double precision
  used double precision
  free double precision
  used_ratio double precision
table license_sealed
  day integer not null
  subject_id bigint not null
  valid_to bigint not null
  valid_from bigint not null
  allowed double precision
  used double precision
  free double precision
  used_ratio double precision
table license_stretches
  valid_to bigint not null
  subject_id bigint not null
  valid_from bigint not null
  allowed double precision
  used double precision
  free double precision
  used_ratio double precision
table machine_latest
  subject_id bigint not null
  valid_from bigint not null
  runtimes double precision
  used_runtimes double precision
  sessions double precision
  unresponsive_sessions double precision
  disconnected_sessions double precision
  late_sessions double precision
table machine_sealed
  day integer not null
  subject_id bigint not null
  valid_to bigint not null
  valid_from bigint not null
  runtimes double precision
  used_runtimes double precision
  sessions double precision
  unresponsive_sessions double precision
  disconnected_sessions double precision
  late_sessions double precision
table machine_stretches
  valid_to bigint not null
  subject_id bigint not null
  valid_from bigint not null
  runtimes double precision
  used_runtimes double precision
  sessions double precision
  unresponsive_sessions double precision
  disconnected_sessions double precision
  late_sessions double precision
table metrics
  id integer not null
  kind text not null
  name text not null
table polls
  id bigint not null default nextval('polls_id_seq'::regclass)
  tenant text not null
  collector text not null
  started_at bigint not null
  took_s double precision not null
  outcome text not null
  error text
  samples integer not null
  skipped integer not null
  requests integer not null
  observed_at bigint
  settled_at bigint not null
  partial smallint not null
table queue_days
  day integer not null
  subject_id bigint not null
  successful double precision
  failed double precision
  application double precision
  business double precision
  handled double precision not null
  handling_sum_s double precision not null
  seen_ms integer not null
  waiting_sum double precision not null
  peak double precision
  peak_at bigint
  longest_idle_ms integer not null
  idle_at_first_ms integer
  idle_at_last_ms integer not null
table queue_latest
  subject_id bigint not null
  valid_from bigint not null
  new_items double precision
  in_progress_items double precision
  successful_items double precision
  failed_items double precision
  application_exceptions double precision
  business_exceptions double precision
  mean_processing_s double precision
  seconds_since_processed double precision
  overdue_items double precision
  deferred_items double precision
  oldest_new_s double precision
  abandoned_items double precision
table queue_sealed
  day integer not null
  subject_id bigint not null
  valid_to bigint not null
  valid_from bigint not null
  new_items double precision
  in_progress_items double precision
  successful_items double precision
  failed_items double precision
  application_exceptions double precision
  business_exceptions double precision
  mean_processing_s double precision
  seconds_since_processed double precision
  overdue_items double precision
  deferred_items double precision
  oldest_new_s double precision
  abandoned_items double precision
table queue_stretches
  valid_to bigint not null
  subject_id bigint not null
  valid_from bigint not null
  new_items double precision
  in_progress_items double precision
  successful_items double precision
  failed_items double precision
  application_exceptions double precision
  business_exceptions double precision
  mean_processing_s double precision
  seconds_since_processed double precision
  overdue_items double precision
  deferred_items double precision
  oldest_new_s double precision
  abandoned_items double precision
table rolled
  tenant text not null
  kind text not null
  collector text not null
  until_day integer not null
table seals
  kind text not null
  before_day integer not null
table session_latest
  subject_id bigint not null
  valid_from bigint not null
  state text not null
  heartbeat_age_s double precision
  is_unresponsive smallint
  is_disconnected smallint
  is_available smallint
  is_busy smallint
  in_maintenance smallint
table session_sealed
  day integer not null
  subject_id bigint not null
  valid_to bigint not null
  valid_from bigint not null
  state text not null
  heartbeat_age_s double precision
  is_unresponsive smallint
  is_disconnected smallint
  is_available smallint
  is_busy smallint
  in_maintenance smallint
table session_stretches
  valid_to bigint not null
  subject_id bigint not null
  valid_from bigint not null
  state text not null
  heartbeat_age_s double precision
  is_unresponsive smallint
  is_disconnected smallint
  is_available smallint
  is_busy smallint
  in_maintenance smallint
table sights
  tenant text not null
  kind text not null
  observed_at bigint not null
table silences
  id text not null
  matchers jsonb not null
  starts_at bigint not null
  ends_at bigint not null
  created_at bigint not null
  author text not null
  comment text not null
table subject_names
  valid_to bigint not null
  subject_id bigint not null
  name text not null
  labels jsonb not null
table subjects
  id bigint not null
  tenant text not null
  kind text not null
  key text not null
  name text not null
  labels jsonb not null
  first_seen_at bigint not null
  gone_at bigint
table subscription_latest
  subject_id bigint not null
  valid_from bigint not null
  days_to_expiry double precision
  is_expired smallint
table subscription_sealed
  day integer not null
  subject_id bigint not null
  valid_to bigint not null
  valid_from bigint not null
  days_to_expiry double precision
  is_expired smallint
table subscription_stretches
  valid_to bigint not null
  subject_id bigint not null
  valid_from bigint not null
  days_to_expiry double precision
  is_expired smallint
table turns
  at bigint not null
  what text not null
  poll_id bigint not null
view v_alert_events
  tenant text
  at text
  event text
  reason text
  alert_id text
  rule text
  severity text
  phase text
  kind text
  key text
  name text
  value double precision
  limit_value double precision
  summary text
  detail text
view v_alerts
  tenant text
  id text
  rule text
  severity text
  phase text
  kind text
  key text
  name text
  folder text
  summary text
  value double precision
  limit_value double precision
  started_at text
  opened_at text
  resolved_at text
  updated_at text
  flapping_since text
  suppressed_by text
  acknowledged_at text
  acknowledged_by text
  end_reason text
  rule_text text
view v_days
  tenant text
  kind text
  key text
  name text
  metric text
  at text
  known_s numeric
  changes integer
  risen double precision
  mean double precision
  least double precision
  greatest double precision
  last double precision
  p95 double precision
view v_deliveries
  tenant text
  id text
  channel text
  state text
  alert_id text
  rule text
  kind text
  name text
  what text
  created_at text
  next_at text
  attempts integer
  last_error text
  settled_at text
  may_have_arrived smallint
view v_hours
  tenant text
  kind text
  key text
  name text
  metric text
  at text
  known_s numeric
  changes integer
  risen double precision
  mean double precision
  least double precision
  greatest double precision
  last double precision
  p95 double precision
view v_license_history
  tenant text
  key text
  name text
  license_type text
  allowed double precision
  used double precision
  free double precision
  used_ratio double precision
  valid_from text
  valid_to text
view v_licenses
  tenant text
  key text
  name text
  license_type text
  allowed double precision
  used double precision
  free double precision
  used_ratio double precision
  since text
  seen_at text
view v_machine_history
  tenant text
  key text
  name text
  machine text
  host text
  robot_type text
  license_type text
  runtimes double precision
  used_runtimes double precision
  sessions double precision
  unresponsive_sessions double precision
  disconnected_sessions double precision
  late_sessions double precision
  valid_from text
  valid_to text
view v_machines
  tenant text
  key text
  name text
  machine text
  host text
  robot_type text
  license_type text
  runtimes double precision
  used_runtimes double precision
  sessions double precision
  unresponsive_sessions double precision
  disconnected_sessions double precision
  late_sessions double precision
  since text
  seen_at text
view v_polls
  tenant text
  collector text
  started_at text
  took_s double precision
  outcome text
  error text
  samples integer
  skipped integer
  requests integer
  observed_at text
view v_queue_history
  tenant text
  key text
  name text
  queue text
  folder text
  process text
  new_items double precision
  in_progress_items double precision
  successful_items double precision
  failed_items double precision
  application_exceptions double precision
  business_exceptions double precision
  mean_processing_s double precision
  seconds_since_processed double precision
  overdue_items double precision
  deferred_items double precision
  oldest_new_s double precision
  abandoned_items double precision
  valid_from text
  valid_to text
view v_queues
  tenant text
  key text
  name text
  queue text
  folder text
  process text
  new_items double precision
  in_progress_items double precision
  successful_items double precision
  failed_items double precision
  application_exceptions double precision
  business_exceptions double precision
  mean_processing_s double precision
  seconds_since_processed double precision
  overdue_items double precision
  deferred_items double precision
  oldest_new_s double precision
  abandoned_items double precision
  since text
  seen_at text
view v_session_history
  tenant text
  key text
  name text
  robot text
  robot_type text
  machine text
  host text
  folder text
  state text
  version text
  heartbeat_age_s double precision
  is_unresponsive smallint
  is_disconnected smallint
  is_available smallint
  is_busy smallint
  in_maintenance smallint
  valid_from text
  valid_to text
view v_sessions
  tenant text
  key text
  name text
  robot text
  robot_type text
  machine text
  host text
  folder text
  state text
  version text
  heartbeat_age_s double precision
  is_unresponsive smallint
  is_disconnected smallint
  is_available smallint
  is_busy smallint
  in_maintenance smallint
  since text
  seen_at text
view v_silences
  tenant text
  id text
  matchers text
  starts_at text
  ends_at text
  created_at text
  author text
  comment text
view v_subscription_history
  tenant text
  key text
  name text
  days_to_expiry double precision
  is_expired smallint
  valid_from text
  valid_to text
view v_subscriptions
  tenant text
  key text
  name text
  days_to_expiry double precision
  is_expired smallint
  since text
  seen_at text
absences pk_absences PRIMARY KEY (missed_at, subject_id)
acknowledgements fk_acknowledgements_alert_id_alerts FOREIGN KEY (alert_id) REFERENCES alerts(id) ON DELETE CASCADE
acknowledgements pk_acknowledgements PRIMARY KEY (id)
alembic_version alembic_version_pkc PRIMARY KEY (version_num)
alert_events fk_alert_events_alert_id_alerts FOREIGN KEY (alert_id) REFERENCES alerts(id) ON DELETE CASCADE
alert_events pk_alert_events PRIMARY KEY (id)
alerts ck_alerts_phase CHECK ((phase = ANY (ARRAY['pending'::text, 'firing'::text, 'resolved'::text])))
alerts pk_alerts PRIMARY KEY (id)
channel_paces pk_channel_paces PRIMARY KEY (channel)
collector_states pk_collector_states PRIMARY KEY (tenant, collector)
days pk_days PRIMARY KEY (day, metric_id, subject_id)
deliveries ck_deliveries_state CHECK ((state = ANY (ARRAY['due'::text, 'sent'::text, 'dead'::text, 'withdrawn'::text])))
deliveries pk_deliveries PRIMARY KEY (seq)
deliveries uq_deliveries_id UNIQUE (id)
delivery_alerts fk_delivery_alerts_delivery_seq_deliveries FOREIGN KEY (delivery_seq) REFERENCES deliveries(seq) ON DELETE CASCADE
delivery_alerts pk_delivery_alerts PRIMARY KEY (delivery_seq, "position")
delivery_attempts fk_delivery_attempts_delivery_seq_deliveries FOREIGN KEY (delivery_seq) REFERENCES deliveries(seq) ON DELETE CASCADE
delivery_attempts pk_delivery_attempts PRIMARY KEY (id)
gaps pk_gaps PRIMARY KEY (tenant, collector, began_at)
hours pk_hours PRIMARY KEY (day, metric_id, subject_id, hour)
license_latest pk_license_latest PRIMARY KEY (subject_id)
license_sealed pk_license_sealed PRIMARY KEY (day, subject_id, valid_to)
license_stretches pk_license_stretches PRIMARY KEY (valid_to, subject_id)
machine_latest pk_machine_latest PRIMARY KEY (subject_id)
machine_sealed pk_machine_sealed PRIMARY KEY (day, subject_id, valid_to)
machine_stretches pk_machine_stretches PRIMARY KEY (valid_to, subject_id)
metrics pk_metrics PRIMARY KEY (id)
metrics uq_metrics_kind UNIQUE (kind, name)
polls pk_polls PRIMARY KEY (id)
queue_days pk_queue_days PRIMARY KEY (day, subject_id)
queue_latest pk_queue_latest PRIMARY KEY (subject_id)
queue_sealed pk_queue_sealed PRIMARY KEY (day, subject_id, valid_to)
queue_stretches pk_queue_stretches PRIMARY KEY (valid_to, subject_id)
rolled pk_rolled PRIMARY KEY (tenant, kind)
seals pk_seals PRIMARY KEY (kind)
session_latest pk_session_latest PRIMARY KEY (subject_id)
session_sealed pk_session_sealed PRIMARY KEY (day, subject_id, valid_to)
session_stretches pk_session_stretches PRIMARY KEY (valid_to, subject_id)
sights pk_sights PRIMARY KEY (tenant, kind)
silences pk_silences PRIMARY KEY (id)
subject_names pk_subject_names PRIMARY KEY (valid_to, subject_id)
subjects pk_subjects PRIMARY KEY (id)
subjects uq_subjects_tenant UNIQUE (tenant, kind, key)
subscription_latest pk_subscription_latest PRIMARY KEY (subject_id)
subscription_sealed pk_subscription_sealed PRIMARY KEY (day, subject_id, valid_to)
subscription_stretches pk_subscription_stretches PRIMARY KEY (valid_to, subject_id)
turns pk_turns PRIMARY KEY (at, what)
CREATE INDEX ix_absences_open ON absences USING btree (subject_id) WHERE (ended_at IS NULL)
CREATE INDEX ix_acknowledgements_alert_id ON acknowledgements USING btree (alert_id)
CREATE INDEX ix_acknowledgements_expires_at ON acknowledgements USING btree (expires_at)
CREATE INDEX ix_alert_events_alert_id ON alert_events USING btree (alert_id)
CREATE INDEX ix_alert_events_at ON alert_events USING btree (at)
CREATE INDEX ix_alerts_remembered ON alerts USING btree (started_at) WHERE ((phase <> 'resolved'::text) OR (is_owed = 1))
CREATE INDEX ix_deliveries_dead ON deliveries USING btree (channel) WHERE (state = 'dead'::text)
CREATE INDEX ix_deliveries_due ON deliveries USING btree (channel, seq) WHERE (state = 'due'::text)
CREATE INDEX ix_delivery_alerts_alert_id ON delivery_alerts USING btree (alert_id, delivery_seq)
CREATE INDEX ix_delivery_attempts_delivery_seq ON delivery_attempts USING btree (delivery_seq)
CREATE INDEX ix_silences_ends_at ON silences USING btree (ends_at)
CREATE UNIQUE INDEX alembic_version_pkc ON alembic_version USING btree (version_num)
CREATE UNIQUE INDEX pk_absences ON absences USING btree (missed_at, subject_id)
CREATE UNIQUE INDEX pk_acknowledgements ON acknowledgements USING btree (id)
CREATE UNIQUE INDEX pk_alert_events ON alert_events USING btree (id)
CREATE UNIQUE INDEX pk_alerts ON alerts USING btree (id)
CREATE UNIQUE INDEX pk_channel_paces ON channel_paces USING btree (channel)
CREATE UNIQUE INDEX pk_collector_states ON collector_states USING btree (tenant, collector)
CREATE UNIQUE INDEX pk_days ON days USING btree (day, metric_id, subject_id)
CREATE UNIQUE INDEX pk_deliveries ON deliveries USING btree (seq)
CREATE UNIQUE INDEX pk_delivery_alerts ON delivery_alerts USING btree (delivery_seq, "position")
CREATE UNIQUE INDEX pk_delivery_attempts ON delivery_attempts USING btree (id)
CREATE UNIQUE INDEX pk_gaps ON gaps USING btree (tenant, collector, began_at)
CREATE UNIQUE INDEX pk_hours ON hours USING btree (day, metric_id, subject_id, hour)
CREATE UNIQUE INDEX pk_license_latest ON license_latest USING btree (subject_id)
CREATE UNIQUE INDEX pk_license_sealed ON license_sealed USING btree (day, subject_id, valid_to)
CREATE UNIQUE INDEX pk_license_stretches ON license_stretches USING btree (valid_to, subject_id)
CREATE UNIQUE INDEX pk_machine_latest ON machine_latest USING btree (subject_id)
CREATE UNIQUE INDEX pk_machine_sealed ON machine_sealed USING btree (day, subject_id, valid_to)
CREATE UNIQUE INDEX pk_machine_stretches ON machine_stretches USING btree (valid_to, subject_id)
CREATE UNIQUE INDEX pk_metrics ON metrics USING btree (id)
CREATE UNIQUE INDEX pk_polls ON polls USING btree (id)
CREATE UNIQUE INDEX pk_queue_days ON queue_days USING btree (day, subject_id)
CREATE UNIQUE INDEX pk_queue_latest ON queue_latest USING btree (subject_id)
CREATE UNIQUE INDEX pk_queue_sealed ON queue_sealed USING btree (day, subject_id, valid_to)
CREATE UNIQUE INDEX pk_queue_stretches ON queue_stretches USING btree (valid_to, subject_id)
CREATE UNIQUE INDEX pk_rolled ON rolled USING btree (tenant, kind)
CREATE UNIQUE INDEX pk_seals ON seals USING btree (kind)
CREATE UNIQUE INDEX pk_session_latest ON session_latest USING btree (subject_id)
CREATE UNIQUE INDEX pk_session_sealed ON session_sealed USING btree (day, subject_id, valid_to)
CREATE UNIQUE INDEX pk_session_stretches ON session_stretches USING btree (valid_to, subject_id)
CREATE UNIQUE INDEX pk_sights ON sights USING btree (tenant, kind)
CREATE UNIQUE INDEX pk_silences ON silences USING btree (id)
CREATE UNIQUE INDEX pk_subject_names ON subject_names USING btree (valid_to, subject_id)
CREATE UNIQUE INDEX pk_subjects ON subjects USING btree (id)
CREATE UNIQUE INDEX pk_subscription_latest ON subscription_latest USING btree (subject_id)
CREATE UNIQUE INDEX pk_subscription_sealed ON subscription_sealed USING btree (day, subject_id, valid_to)
CREATE UNIQUE INDEX pk_subscription_stretches ON subscription_stretches USING btree (valid_to, subject_id)
CREATE UNIQUE INDEX pk_turns ON turns USING btree (at, what)
CREATE UNIQUE INDEX uq_deliveries_id ON deliveries USING btree (id)
CREATE UNIQUE INDEX uq_metrics_kind ON metrics USING btree (kind, name)
CREATE UNIQUE INDEX uq_subjects_tenant ON subjects USING btree (tenant, kind, key)
view v_sessions:
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'robot', '') AS "robot",
  coalesce(s.labels ->> 'robot_type', '') AS "robot_type",
  coalesce(s.labels ->> 'machine', '') AS "machine",
  coalesce(s.labels ->> 'host', '') AS "host",
  coalesce(s.labels ->> 'folder', '') AS "folder",
  l.state AS "state",
  coalesce(s.labels ->> 'version', '') AS "version",
  l.heartbeat_age_s AS "heartbeat_age_s",
  l.is_unresponsive AS "is_unresponsive",
  l.is_disconnected AS "is_disconnected",
  l.is_available AS "is_available",
  l.is_busy AS "is_busy",
  l.in_maintenance AS "in_maintenance",
  to_char(timestamp '1970-01-01' + l.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "since",
  to_char(timestamp '1970-01-01' + i.observed_at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "seen_at"
FROM session_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind
view v_session_history:
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'robot', '') AS "robot",
  coalesce(s.labels ->> 'robot_type', '') AS "robot_type",
  coalesce(s.labels ->> 'machine', '') AS "machine",
  coalesce(s.labels ->> 'host', '') AS "host",
  coalesce(s.labels ->> 'folder', '') AS "folder",
  h.state AS "state",
  coalesce(s.labels ->> 'version', '') AS "version",
  h.heartbeat_age_s AS "heartbeat_age_s",
  h.is_unresponsive AS "is_unresponsive",
  h.is_disconnected AS "is_disconnected",
  h.is_available AS "is_available",
  h.is_busy AS "is_busy",
  h.in_maintenance AS "in_maintenance",
  to_char(timestamp '1970-01-01' + h.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  to_char(timestamp '1970-01-01' + h.valid_to * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_to"
FROM session_sealed AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.day < coalesce((SELECT before_day FROM seals WHERE kind = 'session'), 0)
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'robot', '') AS "robot",
  coalesce(s.labels ->> 'robot_type', '') AS "robot_type",
  coalesce(s.labels ->> 'machine', '') AS "machine",
  coalesce(s.labels ->> 'host', '') AS "host",
  coalesce(s.labels ->> 'folder', '') AS "folder",
  h.state AS "state",
  coalesce(s.labels ->> 'version', '') AS "version",
  h.heartbeat_age_s AS "heartbeat_age_s",
  h.is_unresponsive AS "is_unresponsive",
  h.is_disconnected AS "is_disconnected",
  h.is_available AS "is_available",
  h.is_busy AS "is_busy",
  h.in_maintenance AS "in_maintenance",
  to_char(timestamp '1970-01-01' + h.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  to_char(timestamp '1970-01-01' + h.valid_to * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_to"
FROM session_stretches AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.valid_to >= CAST(coalesce((SELECT before_day FROM seals WHERE kind = 'session'), 0) AS bigint) * 86400000
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'robot', '') AS "robot",
  coalesce(s.labels ->> 'robot_type', '') AS "robot_type",
  coalesce(s.labels ->> 'machine', '') AS "machine",
  coalesce(s.labels ->> 'host', '') AS "host",
  coalesce(s.labels ->> 'folder', '') AS "folder",
  l.state AS "state",
  coalesce(s.labels ->> 'version', '') AS "version",
  l.heartbeat_age_s AS "heartbeat_age_s",
  l.is_unresponsive AS "is_unresponsive",
  l.is_disconnected AS "is_disconnected",
  l.is_available AS "is_available",
  l.is_busy AS "is_busy",
  l.in_maintenance AS "in_maintenance",
  to_char(timestamp '1970-01-01' + l.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  CAST(NULL AS text) AS "valid_to"
FROM session_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
view v_machines:
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'machine', '') AS "machine",
  coalesce(s.labels ->> 'host', '') AS "host",
  coalesce(s.labels ->> 'robot_type', '') AS "robot_type",
  coalesce(s.labels ->> 'license_type', '') AS "license_type",
  l.runtimes AS "runtimes",
  l.used_runtimes AS "used_runtimes",
  l.sessions AS "sessions",
  l.unresponsive_sessions AS "unresponsive_sessions",
  l.disconnected_sessions AS "disconnected_sessions",
  l.late_sessions AS "late_sessions",
  to_char(timestamp '1970-01-01' + l.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "since",
  to_char(timestamp '1970-01-01' + i.observed_at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "seen_at"
FROM machine_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind
view v_machine_history:
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'machine', '') AS "machine",
  coalesce(s.labels ->> 'host', '') AS "host",
  coalesce(s.labels ->> 'robot_type', '') AS "robot_type",
  coalesce(s.labels ->> 'license_type', '') AS "license_type",
  h.runtimes AS "runtimes",
  h.used_runtimes AS "used_runtimes",
  h.sessions AS "sessions",
  h.unresponsive_sessions AS "unresponsive_sessions",
  h.disconnected_sessions AS "disconnected_sessions",
  h.late_sessions AS "late_sessions",
  to_char(timestamp '1970-01-01' + h.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  to_char(timestamp '1970-01-01' + h.valid_to * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_to"
FROM machine_sealed AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.day < coalesce((SELECT before_day FROM seals WHERE kind = 'machine'), 0)
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'machine', '') AS "machine",
  coalesce(s.labels ->> 'host', '') AS "host",
  coalesce(s.labels ->> 'robot_type', '') AS "robot_type",
  coalesce(s.labels ->> 'license_type', '') AS "license_type",
  h.runtimes AS "runtimes",
  h.used_runtimes AS "used_runtimes",
  h.sessions AS "sessions",
  h.unresponsive_sessions AS "unresponsive_sessions",
  h.disconnected_sessions AS "disconnected_sessions",
  h.late_sessions AS "late_sessions",
  to_char(timestamp '1970-01-01' + h.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  to_char(timestamp '1970-01-01' + h.valid_to * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_to"
FROM machine_stretches AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.valid_to >= CAST(coalesce((SELECT before_day FROM seals WHERE kind = 'machine'), 0) AS bigint) * 86400000
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'machine', '') AS "machine",
  coalesce(s.labels ->> 'host', '') AS "host",
  coalesce(s.labels ->> 'robot_type', '') AS "robot_type",
  coalesce(s.labels ->> 'license_type', '') AS "license_type",
  l.runtimes AS "runtimes",
  l.used_runtimes AS "used_runtimes",
  l.sessions AS "sessions",
  l.unresponsive_sessions AS "unresponsive_sessions",
  l.disconnected_sessions AS "disconnected_sessions",
  l.late_sessions AS "late_sessions",
  to_char(timestamp '1970-01-01' + l.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  CAST(NULL AS text) AS "valid_to"
FROM machine_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
view v_queues:
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'queue', s.name) AS "queue",
  coalesce(s.labels ->> 'folder', '') AS "folder",
  coalesce(s.labels ->> 'process', '') AS "process",
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
  to_char(timestamp '1970-01-01' + l.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "since",
  to_char(timestamp '1970-01-01' + i.observed_at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "seen_at"
FROM queue_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind
view v_queue_history:
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'queue', s.name) AS "queue",
  coalesce(s.labels ->> 'folder', '') AS "folder",
  coalesce(s.labels ->> 'process', '') AS "process",
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
  to_char(timestamp '1970-01-01' + h.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  to_char(timestamp '1970-01-01' + h.valid_to * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_to"
FROM queue_sealed AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.day < coalesce((SELECT before_day FROM seals WHERE kind = 'queue'), 0)
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'queue', s.name) AS "queue",
  coalesce(s.labels ->> 'folder', '') AS "folder",
  coalesce(s.labels ->> 'process', '') AS "process",
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
  to_char(timestamp '1970-01-01' + h.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  to_char(timestamp '1970-01-01' + h.valid_to * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_to"
FROM queue_stretches AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.valid_to >= CAST(coalesce((SELECT before_day FROM seals WHERE kind = 'queue'), 0) AS bigint) * 86400000
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'queue', s.name) AS "queue",
  coalesce(s.labels ->> 'folder', '') AS "folder",
  coalesce(s.labels ->> 'process', '') AS "process",
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
  to_char(timestamp '1970-01-01' + l.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  CAST(NULL AS text) AS "valid_to"
FROM queue_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
view v_licenses:
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'license_type', s.name) AS "license_type",
  l.allowed AS "allowed",
  l.used AS "used",
  l.free AS "free",
  l.used_ratio AS "used_ratio",
  to_char(timestamp '1970-01-01' + l.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "since",
  to_char(timestamp '1970-01-01' + i.observed_at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "seen_at"
FROM license_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind
view v_license_history:
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'license_type', s.name) AS "license_type",
  h.allowed AS "allowed",
  h.used AS "used",
  h.free AS "free",
  h.used_ratio AS "used_ratio",
  to_char(timestamp '1970-01-01' + h.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  to_char(timestamp '1970-01-01' + h.valid_to * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_to"
FROM license_sealed AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.day < coalesce((SELECT before_day FROM seals WHERE kind = 'license'), 0)
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'license_type', s.name) AS "license_type",
  h.allowed AS "allowed",
  h.used AS "used",
  h.free AS "free",
  h.used_ratio AS "used_ratio",
  to_char(timestamp '1970-01-01' + h.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  to_char(timestamp '1970-01-01' + h.valid_to * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_to"
FROM license_stretches AS h
JOIN subjects AS s ON s.id = h.subject_id
WHERE h.valid_to >= CAST(coalesce((SELECT before_day FROM seals WHERE kind = 'license'), 0) AS bigint) * 86400000
UNION ALL
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  coalesce(s.labels ->> 'license_type', s.name) AS "license_type",
  l.allowed AS "allowed",
  l.used AS "used",
  l.free AS "free",
  l.used_ratio AS "used_ratio",
  to_char(timestamp '1970-01-01' + l.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  CAST(NULL AS text) AS "valid_to"
FROM license_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
view v_subscriptions:
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  l.days_to_expiry AS "days_to_expiry",
  l.is_expired AS "is_expired",
  to_char(timestamp '1970-01-01' + l.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "since",
  to_char(timestamp '1970-01-01' + i.observed_at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "seen_at"
FROM subscription_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind
view v_subscription_history:
SELECT
  s.tenant AS "tenant",
  s.key AS "key",
  s.name AS "name",
  h.days_to_expiry AS "days_to_expiry",
  h.is_expired AS "is_expired",
  to_char(timestamp '1970-01-01' + h.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  to_char(timestamp '1970-01-01' + h.valid_to * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_to"
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
  to_char(timestamp '1970-01-01' + h.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  to_char(timestamp '1970-01-01' + h.valid_to * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_to"
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
  to_char(timestamp '1970-01-01' + l.valid_from * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "valid_from",
  CAST(NULL AS text) AS "valid_to"
FROM subscription_latest AS l
JOIN subjects AS s ON s.id = l.subject_id
view v_hours:
SELECT
  s.tenant AS "tenant",
  s.kind AS "kind",
  s.key AS "key",
  s.name AS "name",
  m.name AS "metric",
  to_char(timestamp '1970-01-01' + ((CAST(r.day AS bigint) * 24 + r.hour + h.place) * 3600000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "at",
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
view v_days:
SELECT
  s.tenant AS "tenant",
  s.kind AS "kind",
  s.key AS "key",
  s.name AS "name",
  m.name AS "metric",
  to_char(timestamp '1970-01-01' + (CAST(r.day AS bigint) * 86400000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "at",
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
view v_polls:
SELECT
  p.tenant AS "tenant",
  p.collector AS "collector",
  to_char(timestamp '1970-01-01' + p.started_at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "started_at",
  p.took_s AS "took_s",
  p.outcome AS "outcome",
  p.error AS "error",
  p.samples AS "samples",
  p.skipped AS "skipped",
  p.requests AS "requests",
  to_char(timestamp '1970-01-01' + p.observed_at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "observed_at"
FROM polls AS p
view v_alerts:
SELECT
  a.tenant AS "tenant",
  a.id AS "id",
  a.rule AS "rule",
  a.severity AS "severity",
  a.phase AS "phase",
  a.kind AS "kind",
  a.key AS "key",
  a.name AS "name",
  coalesce(a.subject_labels ->> 'folder', '') AS "folder",
  a.summary AS "summary",
  a.value AS "value",
  a.limit_value AS "limit_value",
  to_char(timestamp '1970-01-01' + (a.started_at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "started_at",
  to_char(timestamp '1970-01-01' + (a.opened_at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "opened_at",
  to_char(timestamp '1970-01-01' + (a.resolved_at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "resolved_at",
  to_char(timestamp '1970-01-01' + (a.updated_at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "updated_at",
  to_char(timestamp '1970-01-01' + (a.flapping_since / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "flapping_since",
  (SELECT string_agg(m.value, '; ' ORDER BY m.place) FROM jsonb_array_elements_text(a.mutes) WITH ORDINALITY AS m(value, place)) AS "suppressed_by",
  to_char(timestamp '1970-01-01' + (k.at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "acknowledged_at",
  k.author AS "acknowledged_by",
  a.end_reason AS "end_reason",
  a.rule_text AS "rule_text"
FROM alerts AS a
LEFT JOIN acknowledgements AS k ON k.id = (SELECT max(id) FROM acknowledgements WHERE alert_id = a.id)
view v_alert_events:
SELECT
  a.tenant AS "tenant",
  to_char(timestamp '1970-01-01' + (e.at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "at",
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
view v_silences:
SELECT
  '' AS "tenant",
  q.id AS "id",
  (SELECT string_agg(m.value, ' and ' ORDER BY m.place) FROM jsonb_array_elements_text(q.matchers) WITH ORDINALITY AS m(value, place)) AS "matchers",
  to_char(timestamp '1970-01-01' + (q.starts_at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "starts_at",
  to_char(timestamp '1970-01-01' + (q.ends_at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "ends_at",
  to_char(timestamp '1970-01-01' + (q.created_at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "created_at",
  q.author AS "author",
  q.comment AS "comment"
FROM silences AS q
view v_deliveries:
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
  to_char(timestamp '1970-01-01' + (d.created_at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "created_at",
  to_char(timestamp '1970-01-01' + (d.next_at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "next_at",
  d.attempts AS "attempts",
  d.last_error AS "last_error",
  to_char(timestamp '1970-01-01' + (d.settled_at / 1000) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "settled_at",
  d.may_have_arrived AS "may_have_arrived"
FROM deliveries AS d
LEFT JOIN delivery_alerts AS m ON m.delivery_seq = d.seq
LEFT JOIN alerts AS a ON a.id = m.alert_id
