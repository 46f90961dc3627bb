# Makes the site: build.sh GREETING
set -eu
greeting=$1
mkdir -p site
page() {
    echo "site/$1.html"
    printf '<!doctype html>\n<title>%s</title>\n<p>%s\n' "$1" "$2" > "site/$1.html"
}
page index "$greeting, and welcome to teh demo."
page about "Made by job $CI_JOB_ID from $CI_COMMIT_SHORT_SHA."
page contact "Nobody lives here."
sleep 1
printf '\033[32m%s pages\033[0m\n' "$(ls site | wc -l | tr -d ' ')"
