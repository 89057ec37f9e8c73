#!/usr/bin/env bash
# The demonstration: a made-up world, from payloads to one identity per child; the same at every run.
set -euo pipefail
cd "$(dirname "$0")/.."

children=${CHILDREN:-400}
seed=${SEED:-20260304}
export MOTEM_HOME=var/demo
world=$MOTEM_HOME/world

if [ -n "${DATABASE_URL:-}" ]; then
  echo "DATABASE_URL is left alone: the demonstration empties its database, so it uses one of its own."
fi
unset DATABASE_URL

step() { printf '\n── %s\n$ motem %s\n' "$1" "${*:2}"; .venv/bin/motem "${@:2}"; }

emptied=$(.venv/bin/motem db stop --delete 2>&1) || { echo "$emptied" >&2; exit 1; }
rm -rf "$world" "$MOTEM_HOME/access.log"

# A stand-in for the exchange platform, ready long before it is needed.
mkdir -p "$MOTEM_HOME"
rm -f "$MOTEM_HOME/sandbox.toml"
.venv/bin/motem sandbox population --port 0 --site "$MOTEM_HOME/sandbox.toml" >/dev/null 2>&1 &
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null || true' EXIT
export MOTEM_PLATFORM_SECRET=made-up MOTEM_PLATFORM_KEY=made-up

step "A made-up world of $children children, in the formats of all nine sources" sample "$world" --children "$children" --seed "$seed" --all-sources
step "An empty database" migrate
# Status 3: something was rejected and kept. The world has broken payloads, so this is expected.
step "Read, check, convert to FHIR and keep" ingest "$world" || [ $? -eq 3 ]
step "Link records into identities" link
until [ -s "$MOTEM_HOME/sandbox.toml" ]; do kill -0 "$sandbox"; sleep 0.1; done
export MOTEM_SITE=$MOTEM_HOME/sandbox.toml
step "Ask a made-up population database whether it knows a few numbers" lookup --next 5
step "Ask for the birth registration of a few children without a number" registration draft --next 5 --send
step "What was read, refused, linked and sent; what waits for a steward" report
step "How right it is against the known truth" evaluate "$world/truth.csv"
step "Every record with its identity, for other programs" export links "$MOTEM_HOME/links.csv"
step "Every pair that waits for a steward" export reviews "$MOTEM_HOME/reviews.csv"
step "Is the access log whole, and who looked at what" audit verify
step "The access log, for an auditor who has nothing of Motem" audit export "$MOTEM_HOME/access.log"
echo "$ python audit/verifier.py $MOTEM_HOME/access.log --key …"
.venv/bin/python audit/verifier.py "$MOTEM_HOME/access.log" --key "$(.venv/bin/motem audit keys | sed -n 's/^log\t//p')"

cat <<END

All children above are made up. The database keeps running in $MOTEM_HOME:
  MOTEM_HOME=$MOTEM_HOME make serve                        look at it over HTTP
  psql "\$(MOTEM_HOME=$MOTEM_HOME .venv/bin/motem db url)"      look at it in SQL
  MOTEM_HOME=$MOTEM_HOME .venv/bin/motem db stop               stop it
END
