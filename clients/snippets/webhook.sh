# Verifies a request that was kept: sh webhook.sh ID TIMESTAMP SIGNATURE body.json
secret='@SECRET@'
key=$(printf '%s' "${secret#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
wanted=$({ printf '%s.%s.' "$1" "$2"; cat "$4"; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
case " $3 " in
  *" v1,$wanted "*) ;;
  *) echo 'not from the exchange' >&2; exit 1 ;;
esac
age=$(($(date +%s) - $2))
[ "${age#-}" -le 300 ] || { echo 'too old' >&2; exit 1; }
echo verified
