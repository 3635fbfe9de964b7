-- The list of a cluster's silos. One head row per cluster carries the version of the whole list: who changes a silo's row first takes the
-- head's row lock and finds the version it read, so changes come one after the other and each sees the one before.
-- Heartbeats touch a silo's row only.
create table granary_cluster
(
    cluster_id text primary key,
    version    integer not null default 0
);

create table granary_silo
(
    cluster_id text not null references granary_cluster on delete cascade,
    address    text not null,
    port       integer not null,
    generation integer not null,
    name       text not null,
    host       text not null,
    status     integer not null,
    proxy_port integer not null,
    suspicions text,
    started_at timestamptz not null,
    alive_at   timestamptz not null,
    primary key (cluster_id, address, port, generation)
);

-- True if the cluster's list still has this version; the list is the caller's until its transaction ends.
create function granary_cluster_hold(the_cluster text, the_version integer) returns boolean
language plpgsql as $$
begin
    perform from granary_cluster where cluster_id = the_cluster and version = the_version for update;
    return found;
end $$;

create function granary_cluster_join(
    the_cluster text, the_version integer, the_address text, the_port integer, the_generation integer, the_name text, the_host text,
    the_status integer, the_proxy_port integer, the_start timestamptz, the_beat timestamptz) returns boolean
language plpgsql as $$
begin
    if not granary_cluster_hold(the_cluster, the_version) then
        return false;
    end if;

    insert into granary_silo (cluster_id, address, port, generation, name, host, status, proxy_port, started_at, alive_at)
    values (the_cluster, the_address, the_port, the_generation, the_name, the_host, the_status, the_proxy_port, the_start, the_beat)
    on conflict do nothing;
    if not found then
        return false;
    end if;

    update granary_cluster set version = version + 1 where cluster_id = the_cluster;
    return true;
end $$;

create function granary_cluster_change(
    the_cluster text, the_version integer, the_address text, the_port integer, the_generation integer,
    the_status integer, the_suspicions text, the_beat timestamptz) returns boolean
language plpgsql as $$
begin
    if not granary_cluster_hold(the_cluster, the_version) then
        return false;
    end if;

    -- Another silo's copy of the row can be older than the last heartbeat.
    update granary_silo
    set status = the_status, suspicions = the_suspicions, alive_at = greatest(alive_at, the_beat)
    where cluster_id = the_cluster and address = the_address and port = the_port and generation = the_generation;
    if not found then
        return false;
    end if;

    update granary_cluster set version = version + 1 where cluster_id = the_cluster;
    return true;
end $$;

insert into orleansquery (querykey, querytext) values
('InsertMembershipVersionKey', $q$
    with made as (insert into granary_cluster (cluster_id) values (@DeploymentId) on conflict do nothing returning 1)
    select exists (select from made)
$q$),
('InsertMembershipKey', $q$
    select granary_cluster_join(@DeploymentId, @Version, @Address, @Port, @Generation, @SiloName, @HostName,
        @Status, @ProxyPort, @StartTime, @IAmAliveTime)
$q$),
('UpdateMembershipKey', $q$
    select granary_cluster_change(@DeploymentId, @Version, @Address, @Port, @Generation, @Status, @SuspectTimes, @IAmAliveTime)
$q$),
('UpdateIAmAlivetimeKey', $q$
    update granary_silo set alive_at = @IAmAliveTime
    where cluster_id = @DeploymentId and address = @Address and port = @Port and generation = @Generation
$q$),
-- One row at least, for the version: without a silo its columns are null.
('MembershipReadAllKey', $q$
    select c.version "Version", c.cluster_id "DeploymentId", s.address "Address", s.port "Port", s.generation "Generation",
        s.name "SiloName", s.host "HostName", s.status "Status", s.proxy_port "ProxyPort", s.suspicions "SuspectTimes",
        s.started_at "StartTime", s.alive_at "IAmAliveTime"
    from granary_cluster c left join granary_silo s using (cluster_id)
    where c.cluster_id = @DeploymentId
$q$),
('MembershipReadRowKey', $q$
    select c.version "Version", c.cluster_id "DeploymentId", s.address "Address", s.port "Port", s.generation "Generation",
        s.name "SiloName", s.host "HostName", s.status "Status", s.proxy_port "ProxyPort", s.suspicions "SuspectTimes",
        s.started_at "StartTime", s.alive_at "IAmAliveTime"
    from granary_cluster c
    left join granary_silo s on s.cluster_id = c.cluster_id and s.address = @Address and s.port = @Port and s.generation = @Generation
    where c.cluster_id = @DeploymentId
$q$),
('GatewaysQueryKey', $q$
    select address "Address", proxy_port "ProxyPort", generation "Generation"
    from granary_silo
    where cluster_id = @DeploymentId and status = @Status and proxy_port > 0
$q$),
('DeleteMembershipTableEntriesKey', $q$
    delete from granary_cluster where cluster_id = @DeploymentId
$q$),
-- 3 is SiloStatus.Active. A silo that has not yet beaten counts from its start.
('CleanupDefunctSiloEntriesKey', $q$
    delete from granary_silo
    where cluster_id = @DeploymentId and status <> 3 and greatest(alive_at, started_at) < @IAmAliveTime
$q$);
