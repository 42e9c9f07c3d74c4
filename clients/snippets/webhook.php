<?php
// Take only the webhooks that the exchange signed: php -S 127.0.0.1:8000 webhook.php
$key = base64_decode(preg_replace('/^whsec_/', '', '@SECRET@'));
$body = file_get_contents('php://input');
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$stamp = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '0';
$wanted = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$stamp.$body", $key, true));

$signed = false;
foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $given) {
    $signed = hash_equals($wanted, $given) || $signed;
}
if (!$signed || abs(time() - (int) $stamp) > 300) {
    http_response_code(400);
    exit;
}
http_response_code(204);
// The same id may come twice: act once.
error_log(json_decode($body, true)['type'] . " $id");
