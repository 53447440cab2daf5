#!/usr/bin/env bash
# Makes a restore point with the `nats` program and jq only, and shows its events until all has ended.
#
#   snapshot.sh NAMESPACE CLAIM        exit code 0: proven, 1: not
set -euo pipefail
namespace=${1:?NAMESPACE is missing} claim=${2:?CLAIM is missing}
device=${SNAPFLEET_DEVICE:-edge-1}
export NATS_URL=${SNAPFLEET_NATS_URL:-nats://127.0.0.1:4222} NATS_TOKEN=${SNAPFLEET_NATS_TOKEN:-}

# A command is a CloudEvent. Its id is the idempotency key too, unless data.idempotencyKey is given.
id=$(cat /proc/sys/kernel/random/uuid)
command=$(jq -cn --arg id "$id" --arg device "$device" --arg namespace "$namespace" --arg claim "$claim" '{
  specversion: "1.0",
  id: $id,
  source: "/devices/\($device)/example-3",
  type: "io.snapfleet.snapshot.create.v1",
  datacontenttype: "application/json",
  data: {
    namespace: $namespace,
    persistentVolumeClaim: $claim,
    policy: { movers: ["copy"], verify: ["snapshot", "backup"] },
    requestedBy: "example-3"
  }
}')

# Events may come before we listen, so we read the stream from where it was before the command.
start=$(($(nats stream info EVT --json | jq .state.last_seq) + 1))

# With --jetstream the answer says that the command is stored; Nats-Msg-Id makes it safe to publish again.
nats pub --jetstream --no-templates -H "Nats-Msg-Id:$id" -H 'Content-Type:application/cloudevents+json' \
  "snap.v1.cmd.$device.snapshot.create" "$command" >&2

exec 3< <(exec timeout 900 nats sub --raw --stream EVT --start-sequence "$start" "snap.v1.evt.$device.>")
follower=$!
trap 'kill "$follower" 2>/dev/null || true' EXIT

# The first event that our command caused names the operation; all others of the operation carry it as workflowid.
operation=
while read -r event <&3; do
  if [ "$(jq -r .causationid <<<"$event")" = "$id" ]; then operation=$(jq -r '.workflowid // ""' <<<"$event")
  elif [ -z "$operation" ] || [ "$(jq -r .workflowid <<<"$event")" != "$operation" ]; then continue; fi
  jq -r '"\(.time) \(.type | ltrimstr("io.snapfleet.") | rtrimstr(".v1")) \(.data.error.message // "")"' <<<"$event"
  case $(jq -r .type <<<"$event") in
    io.snapfleet.snapshot.completed.v1) [ "$(jq -r .data.outcome <<<"$event")" = proven ] && exit 0 || exit 1 ;;
    io.snapfleet.snapshot.failed.v1 | io.snapfleet.command.rejected.v1) exit 1 ;;
  esac
done
echo "no end within 15 minutes" >&2
exit 1
