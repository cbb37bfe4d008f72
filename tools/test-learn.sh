#!/bin/bash
# Drives `staleline learn` in tmux as a student would, and looks at the screen: 80 by 24, without colours.
# Exit status: 0 all as expected, 1 something else, 77 tmux is not there.
#
#   tools/test-learn.sh PROGRAM      the program; default .build/debug/staleline

set -u
cd "$(dirname "$0")/.."
program=$(realpath "${1:-.build/debug/staleline}")
command -v tmux >/dev/null || { echo "tmux is not there: 'make test-learn' installs it"; exit 77; }

work=$(mktemp -d)
tmux() { command tmux -L "staleline-$$" -f /dev/null "$@"; }
trap 'tmux kill-server 2>/dev/null; rm -rf "$work"' EXIT
failures=0

# Waits until the screen has a text; a debug build on a busy machine takes its time.
see() {
    for _ in $(seq 900); do
        tmux capture-pane -p | grep -qF -- "$1" && { echo "ok: $1"; return; }
        sleep 0.1
    done
    echo "FAILED: the screen has no '$1':"
    tmux capture-pane -p
    # What comes next would wait in vain.
    exit 1
}

unseen() {
    if tmux capture-pane -p | grep -qF -- "$1"; then
        echo "FAILED: the screen still has '$1'"
        failures=$((failures + 1))
    else
        echo "ok: no $1"
    fi
}

keys() { tmux send-keys "$@"; }
type_line() { keys -l "$1"; keys Enter; }

# A shell that survives what ends its child, and says how the terminal was left.
cat >"$work/shell" <<SHELL
trap : INT QUIT TERM HUP
export NO_COLOR=1 TERM=screen EDITOR="$work/editor"
"$program" learn "\$@"
echo "status \$?"
stty -a | grep -o -- '-*icanon' | sed 's/^/left with /'
exec sleep 1000
SHELL
# An editor that puts the missing lines into the trace of lesson 5's question.
cat >"$work/editor" <<'EDITOR'
#!/bin/sh
sed -i 's/^ld rx 4 .*\[read2\].*/dc ivac rx 32\ndsb\n&/' "$1"
EDITOR
chmod +x "$work/editor"

# The process on this screen: others may run the same command at the same time.
ours() { pgrep -n -P "$(tmux display-message -p '#{pane_pid}')" -f -- "^$program learn 5$"; }

start() { tmux respawn-pane -k "bash '$work/shell' $*"; }
tmux new-session -d -x 80 -y 24 "sleep 1000"

echo "== the list, a page, stepping"
start
see "A course in DMA coherency"
see ">  1  What a cache line is"
keys Down Down Down Down
see ">  5  A device that does not look into caches"
keys Enter
see "Lesson 5: A device that does not look into caches"
keys s
see "05-stale-read.slt on stm32h743, step 0 of"
see "Nothing has been touched yet."
keys Right Right Right Right
see "step 4 of"
first=$(keys Right; sleep 1; see "step 5 of" >/dev/null; tmux capture-pane -p)
keys Right Right Right
see "step 8 of"
keys Left Left Left
see "step 5 of"
# What had changed is marked; otherwise the screen is the same as before.
second=$(tmux capture-pane -p)
if [ "$(echo "$first" | sed 's/, changed:/, now:/')" = "$(echo "$second" | sed 's/, changed:/, now:/')" ]; then
    echo "ok: the same screen after three steps on and three back"
else
    echo "FAILED: another screen after three steps on and three back"
    diff <(echo "$first") <(echo "$second")
    failures=$((failures + 1))
fi
keys End
see "DRAM           newest        0-3 = 0x22"

echo "== break it, find it, watch it"
keys x
see "Take out which line? (inv2)"
type_line inv2
see "Without 'dc ivac rx 32': 1 finding; f goes there."
keys f
see "! line 20, manifest H01"
see "clean, STALE"
keys i
see "Why: No invalidate stands between"
keys q w
see "Watch which byte? (rx; as rx+4)"
type_line rx
see "Watching rx: w shows its life."
keys w
see "The life of rx up to here"
see "= 0x22"
keys q r
see "The trace as it was."

echo "== another machine, and one that there is not"
keys m
type_line rpi3
see "on rpi3, step 0 of"
# Typed ahead in one go: what follows is for the prompt.
keys -l mzx81
keys Enter
see "That did not work"
keys q q

echo "== a question: a hint, hand in, edit, hand in again"
see "1-2: question"
keys 2
see "Lesson 5, question 2: Forget the line"
keys h
see "Hint: The operation that makes a cache forget is an invalidate"
keys s
see "05-missing.slt on stm32h743"
see "a: hand in"
see "?: keys"
keys a
see "Not yet"
see "On stm32h743 your trace goes wrong."
keys q e
see "05-missing.slt, changed on stm32h743"
keys a
see "That is right"
keys q q q 1
see "question 1: The second packet"
keys a
type_line 0x22
see "Not yet"
keys q a
type_line 17
see "That is right"

echo "== another size, and one that is too small"
tmux resize-window -x 60 -y 12
sleep 1
see "That is right"
keys q
tmux resize-window -x 40 -y 10
see "a: answer  s: trace  h: hint  q: back"
keys h h
see "memory then?"
keys Home
see "05-missing.slt is the same driver"
tmux resize-window -x 60 -y 12
keys a
type_line 17
see "That is right"
tmux resize-window -x 30 -y 8
see "40 columns and 10 rows are"
tmux resize-window -x 80 -y 24
see "That is right"

echo "== the terminal is given back: by q, by signals"
keys q q q q
see "status 0"
see "left with icanon"
unseen "A course in DMA coherency"
for signal in INT TERM HUP QUIT SEGV; do
    start 5
    see "Lesson 5: A device that does not look into caches"
    pid=$(ours)
    kill "-$signal" "$pid"
    see "left with icanon"
    unseen "Lesson 5: A device"
done
start 5
see "Lesson 5: A device that does not look into caches"
pid=$(ours)
kill -TSTP "$pid"
for _ in $(seq 50); do [ "$(ps -o stat= -p "$pid" | cut -c1)" = T ] && break; sleep 0.1; done
unseen "Lesson 5: A device"
kill -CONT "$pid"
see "Lesson 5: A device that does not look into caches"

[ "$failures" = 0 ] && { echo "learn is as expected"; exit 0; }
echo "$failures failures"
exit 1
