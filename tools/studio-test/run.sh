#!/bin/bash
# Drives the studio in a headless Chromium. Debian's Chromium, Playwright from PyPI in an environment of its own.
#
#   BUILD   where the package is built (.build); SHOTS: where screenshots go (BUILD/studio-test)
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-.build}
env=$build/studio-test-env
if [ ! -x "$env/bin/python" ]; then python3 -m venv "$env"; fi
"$env/bin/pip" install -q --disable-pip-version-check -r tools/studio-test/requirements.txt
exec "$env/bin/python" tools/studio-test/studio_test.py "$build/release/staleline" "${SHOTS:-$build/studio-test}"
