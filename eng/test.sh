#!/usr/bin/env bash
# Builds everything and runs every test. Works on a fresh machine with the .NET SDK of global.json; what else a test needs is
# installed here or left out, and what was left out is said before the last line: "N passed, N failed".
#
#   eng/test.sh                 all tests, five rounds of killing the server, and a cluster whose silos are killed, restarted and frozen
#   FAULT_ROUNDS=100 eng/test.sh   the same with a hundred
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDTERMINALLOGGER=off
configuration=Release
left_out=()
passed=0
failed=0
skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

finish() {
  for line in ${left_out[@]+"${left_out[@]}"}; do
    echo "LEFT OUT: $line"
  done
  if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

# Some package sources carry Microsoft Orleans, or the client of one of its providers, only in part: then what restores is tested.
restores() { dotnet restore "$@" >"$log" 2>&1; }
lacking() { grep -oE "NU110[0-9]: .*find [^.]*package [A-Za-z.]+" "$log" | grep -oE '[A-Za-z.]*[A-Za-z]\.?$' | sed 's/\.$//' | sort -u | paste -sd ' '; }
solution=Cluster.sln
if ! restores Cluster.sln; then
  if ! restores Embedded.slnf; then
    tail -n 40 "$log"
    echo "The packages could not be restored."
    failed=1
    finish
  fi
  solution=Embedded.slnf
  if ! restores src/Granary.Orleans; then
    left_out+=("the cluster (Granary.Orleans, Granary.Silo and their tests): the package source lacks $(lacking)")
  else
    # Granary.Silo reads these variables as properties of its build.
    without='^$'
    for part in AdoNet Redis Cosmos; do
      if ! restores "src/Granary.Orleans.$part"; then
        export "With$part=false"
        without="$without|Granary\.Orleans\.$part"
        # The benchmarks measure a cluster over PostgreSQL.
        if [ "$part" = AdoNet ]; then without="$without|Granary\.Orleans\.Benchmarks"; fi
        left_out+=("Granary.Orleans.$part and its tests: the package source lacks $(lacking)")
      fi
    done
    if ! restores src/Granary.Silo; then
      export WithDashboard=false
      left_out+=("the dashboard of Granary.Silo: the package source lacks $(lacking)")
    fi
    solution=artifacts/Partial.slnf
    mkdir -p artifacts
    dotnet sln Cluster.sln list | grep '\.csproj$' | grep -vE "$without" \
      | awk 'BEGIN { print "{\"solution\":{\"path\":\"../Cluster.sln\",\"projects\":[" } { printf "%s\"%s\"\n", (NR > 1 ? "," : ""), $0 } END { print "]}}" }' >"$solution"
    if ! restores "$solution"; then
      solution=Embedded.slnf
      left_out+=("the cluster (Granary.Orleans, Granary.Silo and their tests): the package source lacks $(lacking)")
    fi
  fi
fi

if ! dotnet build "$solution" -c "$configuration" --no-restore -v quiet -clp:ErrorsOnly; then
  echo "The build failed."
  failed=$((failed + 1))
  finish
fi

# The PostgreSQL store is tested against a server of its own, started by the tests from the installed programs.
# Not before the build: the variable takes the test packages from the project.
has_postgres() { command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
if ! has_postgres && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; } >/dev/null 2>&1
fi
if ! has_postgres; then
  export GRANARY_WITHOUT_POSTGRES=true
  left_out+=("tests of the PostgreSQL store: PostgreSQL is not installed (apt-get install postgresql, or put initdb and pg_ctl on PATH)")
fi

# The runner ends each test project with a summary line; their numbers are added up.
dotnet test "$solution" -c "$configuration" --no-build --logger 'console;verbosity=minimal' 2>&1 | tee "$log"
[ "${PIPESTATUS[0]}" -eq 0 ] || runner_failed=1
count() { grep -oE "(Passed!|Failed!|Skipped!) .*$1: +[0-9]+" "$log" | grep -oE "$1: +[0-9]+" | grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }'; }
passed=$(count Passed)
failed=$(count Failed)
skipped=$(count Skipped)
if [ "${runner_failed:-0}" -eq 1 ] && [ "$failed" -eq 0 ]; then
  echo "The test runner ended with an error."
  failed=1
fi

# The server is killed in the middle of its work again and again; every acknowledged turn must be there.
rounds=${FAULT_ROUNDS:-5}
if dotnet run -c "$configuration" --no-build --project tests/Granary.Faults -- --rounds "$rounds"; then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
fi

# Silos of a cluster are killed, restarted and frozen under load; every acknowledged turn must be there.
if [ "$solution" != Embedded.slnf ] && [ "${WithAdoNet:-true}" = true ]; then
  dotnet run -c "$configuration" --no-build --project tests/Granary.Faults -- --cluster --short
  case $? in
    0) passed=$((passed + 1)) ;;
    3) left_out+=("the faults of a cluster: PostgreSQL is not installed (Debian: apt-get install postgresql)") ;;
    *) failed=$((failed + 1)) ;;
  esac
else
  left_out+=("the faults of a cluster: they need Granary.Silo with Granary.Orleans.AdoNet")
fi

# The examples, against a server of their own.
if eng/test-examples.sh; then
  passed=$((passed + 1))
else
  case $? in
    3) left_out+=("the JavaScript example: node 20 or newer is not installed") ;;
    *) failed=$((failed + 1)) ;;
  esac
fi

finish
