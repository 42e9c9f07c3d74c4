curl -s '@ADDRESS@/pings' \
  -H 'Authorization: Bearer @KEY@' \
  -H 'Content-Type: application/json' \
  -d '@PING@'
