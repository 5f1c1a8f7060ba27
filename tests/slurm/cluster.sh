#!/bin/sh
# A Slurm cluster on this computer, for tests: one controller and two nodes of one core. Needs root and Debian's package slurm-wlm.
#   cluster.sh start FOLDER    its files go there; prints the configuration's path for SLURM_CONF
#   cluster.sh kill FOLDER N   node N dies at once, with what runs on it
#   cluster.sh node FOLDER N   node N starts again
#   cluster.sh stop FOLDER     everything ends
set -eu
action=$1 folder=$2
export SLURM_CONF="$folder/slurm.conf"

node() {
  mkdir -p "$folder/node$1"
  slurmd -N "node$1" -L "$folder/node$1.log"
}

# Processes of a node: its daemons, which write its log, and then what they have started.
daemons() {
  for process in /proc/[0-9]*; do
    if ls -l "$process/fd" 2>/dev/null | grep -qF " -> $folder/node$1.log"; then echo "${process#/proc/}"; fi
  done
}
tasks() {
  for process in /proc/[0-9]*; do
    names=$( (tr '\0' '\n' <"$process/environ") 2>/dev/null | grep -cxE "SLURMD_NODENAME=node$1|SLURM_CONF=$SLURM_CONF") || true
    if [ "${names:-0}" -eq 2 ]; then echo "${process#/proc/}"; fi
  done
}

# Daemons first, because a daemon reports the end of its task. What starts meanwhile is found in the next round.
end() {
  for kind in daemons tasks; do
    while pids=$($kind "$1") && [ -n "$pids" ]; do
      kill -KILL $pids 2>/dev/null || true
    done
  done
}

case $action in
start)
  mkdir -p "$folder/state" "$folder/munge"
  if [ ! -f "$folder/munge.key" ]; then
    (umask 077 && head -c 1024 /dev/urandom >"$folder/munge.key")
  fi
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge/socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munge.seed"
  base=$((20000 + $$ % 20000))
  cat >"$SLURM_CONF" <<CONF
ClusterName=onebit
SlurmctldHost=localhost
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
SlurmctldPort=$base
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/%n
SlurmctldPidFile=$folder/controller.pid
SlurmdPidFile=$folder/%n.pid
SlurmctldLogFile=$folder/controller.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
ReturnToService=2
SlurmdTimeout=5
KillWait=5
MinJobAge=300
NodeName=node1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((base + 1)) CPUs=1 State=UNKNOWN
NodeName=node2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((base + 2)) CPUs=1 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  slurmctld -c
  node 1
  node 2
  echo "$SLURM_CONF"
  ;;
kill) end "$3" ;;
node) node "$3" ;;
stop)
  scancel --user="$(id -un)" 2>/dev/null || true
  sleep 1
  for n in 1 2; do end "$n"; done
  for daemon in controller munged; do
    pid=$(cat "$folder/$daemon.pid" 2>/dev/null) && kill "$pid" 2>/dev/null || continue
    # It writes its state before it ends.
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.5
    done
  done
  ;;
esac
