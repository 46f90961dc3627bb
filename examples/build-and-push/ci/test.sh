#!/bin/sh
set -eu
PYTHONDONTWRITEBYTECODE=1 python -m unittest --verbose
