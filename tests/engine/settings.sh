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
