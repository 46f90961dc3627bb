#!/bin/bash
# Starts Docker's engine inside a container, as the official image's entrypoint is documented to:
# - without a command, or with options only: the engine on its socket and on a port. DOCKER_TLS_CERTDIR not empty: 2376,
#   TLS only, with certificates made below that folder, the client's in `client`; empty: 2375, anyone may connect;
# - `dockerd …`: the engine as told; anything else: that command, as in the client's image.
set -euo pipefail

# certificate FOLDER NAME EXTENSIONS: a key and a certificate signed by the authority, unless they are there.
certificate() {
  local folder=$1 name=$2 extensions=$3
  mkdir -p "$folder"
  if ! openssl verify -CAfile "$authority/cert.pem" "$folder/cert.pem" >/dev/null 2>&1; then
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
      -keyout "$folder/key.pem" -out "$folder/request.pem" 2>/dev/null
    openssl x509 -req -in "$folder/request.pem" -days 825 -extfile <(printf '%s\n' "$extensions") \
      -CA "$authority/cert.pem" -CAkey "$authority/key.pem" -CAcreateserial -out "$folder/cert.pem" 2>/dev/null
    rm "$folder/request.pem"
  fi
  cp "$authority/cert.pem" "$folder/ca.pem"
}

# certificates FOLDER: an authority, the server's and the client's certificates.
certificates() {
  local authority=$1/ca names
  mkdir -p "$authority"
  if ! openssl x509 -checkend 86400 -in "$authority/cert.pem" >/dev/null 2>&1; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj "/CN=docker:dind CA" \
      -keyout "$authority/key.pem" -out "$authority/cert.pem" 2>/dev/null
  fi
  # The names that this container is reached by change with every container; the client's certificate stays.
  names=DNS:docker,DNS:localhost,DNS:$(hostname),IP:127.0.0.1,IP:::1
  for address in $(hostname -I); do names+=,IP:$address; done
  for name in ${DOCKER_TLS_SAN:-}; do names+=,$name; done
  rm -f "$1/server/cert.pem"
  certificate "$1/server" "docker:dind server" "subjectAltName=$names
extendedKeyUsage=serverAuth"
  certificate "$1/client" "docker:dind client" "extendedKeyUsage=clientAuth"
}

# What an engine needs of a container before it can start containers itself.
prepare_container() {
  # A container that was killed leaves its engine's process ids in the file system.
  rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
  # Version 2 of control groups: no process may stay in a group whose controllers are handed on.
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p /sys/fs/cgroup/init
    xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null || :
    sed 's/ / +/g; s/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control || :
  fi
  # Who looks for AppArmor sees that this is a container, and leaves it to the engine outside.
  export container=docker
}

# The capability with number 24 is CAP_SYS_RESOURCE.
lacks_sys_resource() {
  local bounding
  bounding=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
  (((16#$bounding >> 24 & 1) == 0))
}

if [ $# -eq 0 ] || [[ $1 == -* ]]; then
  # Jobs may share a folder with the service and name a socket in it.
  case ${DOCKER_HOST:-} in
    unix://*) listen=("--host=$DOCKER_HOST") ;;
    *) listen=(--host=unix:///var/run/docker.sock) ;;
  esac
  if [ -n "${DOCKER_TLS_CERTDIR:-}" ]; then
    certificates "$DOCKER_TLS_CERTDIR"
    server=$DOCKER_TLS_CERTDIR/server
    listen+=(--host=tcp://0.0.0.0:2376 --tlsverify)
    listen+=(--tlscacert "$server/ca.pem" --tlscert "$server/cert.pem" --tlskey "$server/key.pem")
  else
    listen+=(--host=tcp://0.0.0.0:2375 --tls=false)
  fi
  set -- dockerd "${listen[@]}" "$@"
fi

if [ "$1" = dockerd ]; then
  prepare_container
  if lacks_sys_resource; then
    shift
    set -- dockerd --add-runtime=capable=/usr/local/bin/runc-without-sys-resource --default-runtime=capable "$@"
  fi
  exec "$@"
fi
exec docker-entrypoint.sh "$@"
