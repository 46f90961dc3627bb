#!/bin/sh
# Makes the certificates of the TLS tests again. They are valid for a hundred years, and for nothing but tests.
set -eu
cd "$(dirname "$0")"
days=36500
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $days -keyout ca.key -out ca.pem \
    -subj "/CN=Test authority" -addext "keyUsage=critical,keyCertSign"
issue() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
    printf '%s\n' "basicConstraints=CA:FALSE" "subjectAltName=$2" "extendedKeyUsage=$3" > "$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -days $days -extfile "$1.ext" -out "$1.pem"
    rm "$1.csr" "$1.ext"
}
issue server "IP:127.0.0.1,DNS:localhost" serverAuth
issue client "DNS:client" clientAuth
# As `openssl req -x509` makes them without further words: an authority of its own.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $days -keyout self.key -out self.pem \
    -subj "/CN=self" -addext "subjectAltName=IP:127.0.0.1"
rm -f ca.key ca.srl
