#!/bin/sh
# Can every file be read as Python, and is none indented by tabs and blanks in a mixture?
set -eu
for file in *.py; do
  python -c 'import ast, sys; ast.parse(sys.stdin.read(), sys.argv[1])' "$file" < "$file"
done
python -m tabnanny .
echo "lint: fine"
