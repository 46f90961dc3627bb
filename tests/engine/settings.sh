# shellcheck shell=bash disable=SC2034
# What the scripts of this folder share; read with `.`.
#
# DOCKER_HOST                 the engine to use, or to start (only a `unix://` one can be started)
# RUNNER_TESTS_ENGINE_STATE   where `up` notes what it started, for `down`
# RUNNER_TESTS_ENGINE_ARGS    further arguments of an engine that `up` starts, such as --data-root
# RUNNER_TESTS_IMAGE_CACHE    where images that take long to build are kept

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=${CARGO_TARGET_DIR:-$(cd "$here/../.." && pwd)/target}
state=${RUNNER_TESTS_ENGINE_STATE:-$target/engine}
image_cache=${RUNNER_TESTS_IMAGE_CACHE:-$target/engine-images}

say() { printf '%s: %s\n' "${0##*/}" "$*"; }

fail() {
  say "$*" >&2
  exit 1
}

# Whether an engine answers.
answers() {
  command -v docker >/dev/null 2>&1 &&
    timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

# The capability with number 24 is CAP_SYS_RESOURCE. Some virtual machines' root lacks it, and then runc cannot start a
# privileged container, which is to have them all.
lacks_sys_resource() {
  local bounding
  bounding=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
  (((16#$bounding >> 24 & 1) == 0))
}

# The engine's settings: its own, so that the machine's do not matter. Registries of tests speak plain HTTP, and
# containers reach them only through an address of the machine that is not its loopback.
engine_settings() {
  cat <<JSON
{
  "insecure-registries": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15"]$(
    ! lacks_sys_resource || printf ',
  "runtimes": { "capable": { "path": "%s" } },
  "default-runtime": "capable"' "$here/recipes/docker-dind/runc-without-sys-resource"
  )
}
JSON
}
