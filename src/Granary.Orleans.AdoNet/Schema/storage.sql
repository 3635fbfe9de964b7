-- Grain states. Their key is what the provider splits a grain id into: two numbers (0 unless the key is a number or a GUID) and a text.
-- The provider's hashes of both are not needed under a primary key.
create table granary_grain_state
(
    service_id text not null,
    state_name text not null,
    key_text   text not null,
    key_high   bigint not null,
    key_low    bigint not null,
    version    integer not null,
    body       bytea,
    written_at timestamptz not null default now(),
    primary key (service_id, state_name, key_text, key_high, key_low)
)
-- Room for a row's next version beside it: an update then leaves the index alone.
with (fillfactor = 80);

-- Writes if the version still holds (null: there is no state yet). Answers the new version, or null where it does not hold.
-- A first version is random: an etag of a deleted state must not fit the state that came after it.
create function granary_grain_state_write(
    the_service text, the_name text, the_text text, the_high bigint, the_low bigint, the_version integer, the_body bytea) returns integer
language plpgsql as $$
declare
    next_version integer;
begin
    if the_version is null then
        insert into granary_grain_state (service_id, state_name, key_text, key_high, key_low, version, body)
        values (the_service, the_name, coalesce(the_text, ''), the_high, the_low, 1 + (random() * 1000000000)::integer, the_body)
        on conflict do nothing
        returning version into next_version;
    else
        update granary_grain_state
        set version = case when version = 2147483647 then 1 else version + 1 end, body = the_body, written_at = now()
        where service_id = the_service and state_name = the_name and key_text = coalesce(the_text, '')
            and key_high = the_high and key_low = the_low and version = the_version
        returning version into next_version;
    end if;

    return next_version;
end $$;

insert into orleansquery (querykey, querytext) values
('WriteToStorageKey', $q$
    select granary_grain_state_write(@ServiceId, @GrainTypeString, @GrainIdExtensionString, @GrainIdN0, @GrainIdN1,
        @GrainStateVersion, @PayloadBinary) "NewGrainStateVersion"
$q$),
('ReadFromStorageKey', $q$
    select body "PayloadBinary", version "Version"
    from granary_grain_state
    where service_id = @ServiceId and state_name = @GrainTypeString and key_text = coalesce(@GrainIdExtensionString, '')
        and key_high = @GrainIdN0 and key_low = @GrainIdN1
$q$),
-- Both answer another number than the version given where it held, and no row where it did not.
('ClearStorageKey', $q$
    update granary_grain_state
    set version = case when version = 2147483647 then 1 else version + 1 end, body = null, written_at = now()
    where service_id = @ServiceId and state_name = @GrainTypeString and key_text = coalesce(@GrainIdExtensionString, '')
        and key_high = @GrainIdN0 and key_low = @GrainIdN1 and version = @GrainStateVersion
    returning version "NewGrainStateVersion"
$q$),
('DeleteStorageKey', $q$
    delete from granary_grain_state
    where service_id = @ServiceId and state_name = @GrainTypeString and key_text = coalesce(@GrainIdExtensionString, '')
        and key_high = @GrainIdN0 and key_low = @GrainIdN1 and version = @GrainStateVersion
    returning 0 "NewGrainStateVersion"
$q$);
