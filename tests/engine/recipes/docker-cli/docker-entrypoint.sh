#!/bin/sh
# Chooses the engine that the client of this container talks to, as the official image's entrypoint is documented to:
# what DOCKER_HOST or a socket says; else a service named `docker`, with TLS where its certificates lie.
set -eu

certificates=${DOCKER_TLS_CERTDIR:+$DOCKER_TLS_CERTDIR/client}
certified=
if [ -n "$certificates" ] && [ -s "$certificates/ca.pem" ] && [ -s "$certificates/cert.pem" ] &&
  [ -s "$certificates/key.pem" ]; then
  certified=1
fi

if [ -z "${DOCKER_HOST:-}" ] && ! [ -S /var/run/docker.sock ]; then
  if [ -n "$certified" ] || [ -n "${DOCKER_TLS_VERIFY:-}" ]; then
    export DOCKER_HOST=tcp://docker:2376
  else
    export DOCKER_HOST=tcp://docker:2375
  fi
fi
# With certificates at hand, an engine on a port is talked to with TLS, unless the job has its own idea of that.
case ${DOCKER_HOST:-} in
  tcp:*)
    if [ -n "$certified" ] && [ -z "${DOCKER_TLS_VERIFY:-}" ] && [ -z "${DOCKER_CERT_PATH:-}" ]; then
      export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$certificates"
    fi
    ;;
esac

# `docker run IMAGE ps`, `docker run IMAGE --help`: the client's own commands may stand alone.
if [ $# -gt 0 ]; then
  case $1 in
    -*) set -- docker "$@" ;;
    *)
      if ! command -v "$1" >/dev/null 2>&1 && docker help "$1" >/dev/null 2>&1; then
        set -- docker "$@"
      fi
      ;;
  esac
fi
exec "$@"
