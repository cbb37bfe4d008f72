#!/bin/bash
# Writes a manual page for every subcommand, as the parser of the command line tells it.
#
#   tools/manual.sh GENERATOR STALELINE FOLDER
#
# GENERATOR is generate-manual of swift-argument-parser. Its pages are put into the form that others expect: staleline-check(1),
# which `man staleline check` finds, with the exit status that the help text states, and columns that stay columns. The date is
# SOURCE_DATE_EPOCH's.
set -euo pipefail
generator=$1 program=$2 folder=$3
date=$(date -u -d "@${SOURCE_DATE_EPOCH:?is needed}" +%F)
version=$("$program" --version)
raw=$(mktemp -d)
trap 'rm -rf "$raw"' EXIT
"$generator" "$program" --multi-page --date "$date" --output-directory "$raw"
mkdir -p "$folder"
rm -f "$folder"/*.1
general=$(sed -n 's/^Exit status: //p' "$raw/staleline.1")
[ -n "$general" ] || { echo "manual: staleline --help states no exit status" >&2; exit 1; }
for page in "$raw"/*.1; do
    name=$(basename "$page" .1)
    awk -v dotted="$name" -v os="$version" -v general="$general" '
        # Ends the description: paragraphs, and lines in columns as they stand.
        # A sentence is a line, as mdoc wants it.
        function sentences(text) {
            while (match(text, /[.!?] +[A-Z]/)) {
                print substr(text, 1, RSTART)
                text = substr(text, RSTART + RLENGTH - 1)
            }
            print text
        }
        function flush(    i, wide, open) {
            for (i = 1; i <= lines; i++) {
                wide = line[i] ~ /[^.:;,]  / || line[i] ~ /^(  |staleline )/ || (i < lines && line[i + 1] ~ /^  /)
                if (wide && !open) print ".Bd -literal"
                if (!wide && open) print ".Ed"
                open = wide
                if (line[i] == "") { if (i < lines) print ".Pp" } else if (wide) print line[i]; else sentences(line[i])
            }
            if (open) print ".Ed"
            lines = 0
        }
        BEGIN { words = dotted; gsub(/\./, " ", words); dashed = dotted; gsub(/\./, "-", dashed) }
        /^\.Dt / { print ".Dt " toupper(dashed) " 1"; next }
        /^\.Os/ { print ".Os \"" os "\""; next }
        /^\.Nm / && !named { print ".Nm " dashed; named = 1; next }
        /^\.Nd "/ { sub(/^\.Nd "/, ".Nd "); sub(/"$/, ""); print; next }
        /^\.Nm$/ { print ".Nm \"" words "\""; next }
        /^\.Xr / { gsub(/\./, "-", $2); print ".Xr " $2 " " $3 ($4 == "" ? "" : " " $4); next }
        /^\.Sh DESCRIPTION/ { print; described = 1; next }
        described && /^\.(Bl|Sh)/ { flush(); described = 0 }
        described {
            line[++lines] = $0
            # One sentence; what follows is of something else.
            if (match($0, /Exit status: /)) { status = substr($0, RSTART); sub(/\. .*/, ".", status) }
            next
        }
        /^\.Ex -std/ { sentences(status == "" ? "Exit status: " general : status); next }
        /^\.Pp/ { paragraph = 1; next }
        { if (paragraph && !/^\.(It|El|Sh)/) print ".Pp"; paragraph = 0 }
        /^\./ { print; next }
        { sentences($0) }' "$page" >"$folder/${name//./-}.1"
done
