-- Reminders by grain; grain_hash is the grain's place on the ring of 32-bit hashes, stored as a signed number with the same bits.
create table granary_reminder
(
    service_id text not null,
    grain_id   text not null,
    name       text not null,
    grain_hash integer not null,
    start_at   timestamptz not null,
    period_ms  bigint not null,
    version    integer not null,
    primary key (service_id, grain_id, name)
);

create index granary_reminder_by_hash on granary_reminder (service_id, grain_hash);

insert into orleansquery (querykey, querytext) values
-- A new row starts at a random version: an etag of a deleted row must not fit the row that came after it.
('UpsertReminderRowKey', $q$
    insert into granary_reminder as r (service_id, grain_id, name, grain_hash, start_at, period_ms, version)
    values (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, (random() * 1000000000)::integer)
    on conflict (service_id, grain_id, name) do update
    set grain_hash = excluded.grain_hash, start_at = excluded.start_at, period_ms = excluded.period_ms,
        version = case when r.version = 2147483647 then 0 else r.version + 1 end
    returning version "Version"
$q$),
('ReadReminderRowKey', $q$
    select grain_id "GrainId", name "ReminderName", start_at "StartTime", period_ms "Period", version "Version"
    from granary_reminder
    where service_id = @ServiceId and grain_id = @GrainId and name = @ReminderName
$q$),
('ReadReminderRowsKey', $q$
    select grain_id "GrainId", name "ReminderName", start_at "StartTime", period_ms "Period", version "Version"
    from granary_reminder
    where service_id = @ServiceId and grain_id = @GrainId
$q$),
-- After the begin up to and with the end ...
('ReadRangeRows1Key', $q$
    select grain_id "GrainId", name "ReminderName", start_at "StartTime", period_ms "Period", version "Version"
    from granary_reminder
    where service_id = @ServiceId and grain_hash > @BeginHash and grain_hash <= @EndHash
$q$),
-- ... and the same over the ring's seam; begin = end is the whole ring.
('ReadRangeRows2Key', $q$
    select grain_id "GrainId", name "ReminderName", start_at "StartTime", period_ms "Period", version "Version"
    from granary_reminder
    where service_id = @ServiceId and (grain_hash > @BeginHash or grain_hash <= @EndHash)
$q$),
('DeleteReminderRowKey', $q$
    with gone as (
        delete from granary_reminder
        where service_id = @ServiceId and grain_id = @GrainId and name = @ReminderName and version = @Version
        returning 1)
    select exists (select from gone)
$q$),
('DeleteReminderRowsKey', $q$
    delete from granary_reminder where service_id = @ServiceId
$q$);
