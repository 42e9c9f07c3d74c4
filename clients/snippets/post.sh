curl -s '@ADDRESS@/posts' \
  -H 'Authorization: Bearer @KEY@' \
  -H 'Content-Type: application/json' \
  -d '@POST@'
