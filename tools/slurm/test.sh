#!/usr/bin/env bash
# Starts a Slurm of its own on this machine, runs a sweep of 64 shards as a job array, kills and requeues two of them, and
# holds the merged results to those of one local run, byte for byte.
#
#   BUILD       where the package is built (.build)
#   SWEEP_WORK  where Slurm's files and the results go (a new folder below /tmp, removed at the end)
#
# As root: Slurm without munge runs jobs of its own user only.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
export STALELINE=$root/${BUILD:-.build}/release/staleline
[[ ${BUILD:-} = /* ]] && STALELINE=$BUILD/release/staleline
work=${SWEEP_WORK:-$(mktemp -d /tmp/staleline-slurm.XXXXXX)}
shards=64
export SLURM_CONF=$work/slurm.conf

nodes=$(nproc)
stop() {
    for pid in "$work"/*.pid; do
        [ -e "$pid" ] && kill "$(cat "$pid")" 2>/dev/null || true
    done
    sleep 1
    [ -n "${SWEEP_WORK:-}" ] || rm -rf "$work"
}
trap stop EXIT

mkdir -p "$work"/{state,spool,results}
host=$(hostname -s)
cat > "$SLURM_CONF" <<CONF
ClusterName=staleline
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
AuthType=auth/none
CredType=cred/none
SlurmUser=root
SlurmdUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_min_interval=10000,batch_sched_delay=0,sched_interval=1
SlurmdTimeout=60
KillWait=5
JobRequeue=1
SlurmdParameters=config_overrides
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool/%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd-%n.log
NodeName=n[1-$nodes] NodeHostname=$host NodeAddr=127.0.0.1 Port=17001-$((17000 + nodes)) CPUs=1 State=UNKNOWN
PartitionName=debug Nodes=n[1-$nodes] Default=YES State=UP
CONF
slurmctld -f "$SLURM_CONF"
for ((node = 1; node <= nodes; node++)); do
    mkdir -p "$work/spool/n$node"
    slurmd -f "$SLURM_CONF" -N "n$node"
done
for ((try = 0; try < 60; try++)); do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = "$nodes" ] && break
    sleep 0.5
done
echo "Slurm $(sinfo --version | cut -d' ' -f2) with $(sinfo -h -t idle -o %D) nodes"

# 256 points with time: some seconds for each shard.
arguments=("$root/Traces/real/minigzip-arm32.id.xdin.zst" --machine zynq7000,am335x
    --l1d-size 8K..64K --l1d-ways 1..8 --l1d-policy lru,random --set core.outstanding_misses=1..8)
cd "$work/results"
"$STALELINE" sweep plan "${arguments[@]}" --shards $shards -o plan.json
job=$(sbatch --parsable --array=1-$shards "$root/tools/slurm/sweep.sbatch" plan.json)

# The state of a task, as RUNNING.
state() { scontrol show job "${job}_$1" | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p' | head -1; }
running() { squeue -h -j "$job" -t RUNNING -o %K | head -1; }
wait_running() {
    for ((try = 0; try < 200; try++)); do
        task=$(running)
        if [ -n "$task" ] && [ "$task" != "${1:-}" ] && [ -s "plan.shard-$task-of-$shards.db" ]; then return; fi
        sleep 0.1
    done
    echo "no task was seen running"; exit 1
}

# One is requeued by Slurm while it runs, which kills it.
wait_running
first=$task
scontrol requeue "${job}_$first"
echo "shard $first: requeued while it ran"
# The program of the other is killed, its task fails, and is requeued.
for ((try = 0; ; try++)); do
    wait_running "$first"
    second=$task
    for pid in $(pgrep -f "sweep run plan.json --shard $second " || true); do
        [ "$(readlink "/proc/$pid/cwd")" = "$PWD" ] && kill -9 "$pid" 2>/dev/null && break 2
    done
    [ $try -lt 50 ] || { echo "no program was seen running"; exit 1; }
done
for ((try = 0; try < 100; try++)); do [ "$(state "$second")" = FAILED ] && break; sleep 0.2; done
[ "$(state "$second")" = FAILED ] || { echo "shard $second did not fail: $(state "$second")"; exit 1; }
echo "shard $second: killed with kill -9, and requeued"
"$STALELINE" sweep merge plan.shard-*.db -o early.db && { echo "nothing was missing, which cannot be"; exit 1; } \
    || [ $? = 1 ]
scontrol requeue "${job}_$second"

# A requeued task waits two minutes otherwise.
for ((try = 0; try < 1200; try++)); do
    left=$(squeue -h -j "$job" -o %i | wc -l)
    [ "$left" = 0 ] && break
    for task in "$first" "$second"; do
        [ "$(state "$task")" = PENDING ] && scontrol update JobId="${job}_$task" StartTime=now 2>/dev/null || true
    done
    sleep 0.5
done
[ "$left" = 0 ] || { echo "$left tasks are left"; exit 1; }
for task in "$first" "$second"; do
    grep -q "restarts: 1" "sweep-$task.log" || { echo "shard $task was not run again"; exit 1; }
done
echo "all $shards tasks have ended"

"$STALELINE" sweep merge plan.shard-*.db -o all.db
# Again, with a shard twice.
"$STALELINE" sweep merge "plan.shard-7-of-$shards.db" plan.shard-*.db -o again.db
"$STALELINE" sweep "${arguments[@]}" -o local.db > /dev/null
cmp all.db local.db && cmp all.db again.db
sha256sum all.db local.db
echo "64 shards under Slurm, two of them killed and requeued, give the bytes of one local run."
