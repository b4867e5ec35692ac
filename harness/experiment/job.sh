# shellcheck shell=sh disable=SC2154,SC2016
# What the script that submits an experiment has in common with every other: what a task does, what follows what.
# peftlab writes before it: name, logs, log, memory, memory_all, grace, separate; place, which prints the settings that
# every job begins with; with_options, which adds the user's options of sbatch to a command.
work() { # the job that makes runs: $1 flag of sweep, $2 tasks of the array
    echo '#!/bin/sh'
    place
    echo "flag=$1 shards=${2:-1} separate='$separate'"
    cat <<'PEFTLAB_WORK'
shard=${SLURM_ARRAY_TASK_ID:-}
if [ -n "$shard" ] && [ -n "$separate" ]; then # a folder of its own, which begins as links to what there is
    own=$results/shards/$shard
    mkdir -p "$own" || exit 6
    for part in runs bases cache; do
        [ -d "$results/$part" ] || continue
        cp -rlf "$results/$part" "$own/" 2>/dev/null || cp -rf "$results/$part" "$own/" || exit 6
    done
    results=$own
fi
stopped='' child=''
trap 'stopped=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
"$peftlab" sweep "$@" "$flag" ${shard:+--shard "$shard/$shards"} -j 1 "results=$results" &
child=$!
[ -z "$stopped" ] || kill -TERM "$child" 2>/dev/null
wait "$child"
status=$?
while kill -0 "$child" 2>/dev/null; do # a signal ended the wait, not the child
    wait "$child"
    status=$?
done
# Stopped (75) or killed: back into the queue, unless somebody cancelled it or Slurm is requeuing it already.
again=${SLURM_RESTART_COUNT:-0}
if { [ $status -eq 75 ] && [ "$again" -lt 50 ]; } || { [ $status -gt 128 ] && [ "$again" -lt 3 ]; }; then
    id=${shard:+${SLURM_ARRAY_JOB_ID}_$shard}
    id=${id:-$SLURM_JOB_ID}
    case $(squeue --noheader --jobs="$id" --format=%T 2>/dev/null) in
    RUNNING*) scontrol requeue "$id" ;;
    esac
fi
exit $status
PEFTLAB_WORK
}

unite() { # the job that brings the shards' folders together
    echo '#!/bin/sh'
    place
    echo 'exec "$peftlab" merge "$results" "$results"/shards/* -o "$results"'
}

finish() { # the job that says what there is, and where the page is
    echo '#!/bin/sh'
    place
    echo '"$peftlab" status "$@" "results=$results"'
    echo '"$peftlab" report "$@" "results=$results"'
    echo 'status=$?'
    echo 'echo "page: $results/report.html (report ended with $status)"'
    echo 'exit $status'
}

submit() { # submit OPTION...: stdin is the job; sets id
    said=$(with_options sbatch --parsable --job-name="$name" --output="$log-%j.log" --open-mode=append \
        --nodes=1 --ntasks=1 --cpus-per-task=1 --mem="$memory" --requeue --signal="B:TERM@$grace" \
        --kill-on-invalid-dep=yes "$@")
    # A site's sbatch may greet first: the job is the last line that is a number, or a number and a cluster.
    id=$(printf '%s\n' "$said" | sed -n 's/^\([0-9][0-9]*\)\(;.*\)\{0,1\}$/\1/p' | tail -n 1)
    [ -n "$id" ] || { echo "peftlab: sbatch named no job: $said" >&2; exit 1; }
}

bases='' before=''
follow() { # follow OPTION...: submits behind the bases, which must succeed, and the stage before, which must end
    needs=${bases:+afterok:$bases}${bases:+${before:+,}}${before:+afterany:$before}
    submit ${needs:+--dependency="$needs"} "$@"
    before=$id
}
stage() { # stage NAME FLAG TASKS MINUTES
    follow --array="0-$(($3 - 1))" --output="$log-%A_%a.log" --time="$4" <<PEFTLAB_JOB
$(work "$2" "$3")
PEFTLAB_JOB
    echo "job $id: $1, $3 tasks of up to $4 minutes"
    [ -n "$separate" ] || return 0
    follow --time=120 --mem="$memory_all" <<PEFTLAB_JOB
$(unite)
PEFTLAB_JOB
    echo "job $id: merge"
}

command -v sbatch >/dev/null || { echo 'peftlab: there is no sbatch here' >&2; exit 7; }
mkdir -p "$logs/slurm"
trap '[ $? -eq 0 ] || echo "peftlab: not everything was submitted; scancel --name=$name takes it back. Where the site allows" \
    "only smaller arrays (MaxArraySize), give --tasks N" >&2' EXIT
