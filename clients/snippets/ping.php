<?php
$ping = <<<'JSON'
@PING@
JSON;

$answer = file_get_contents('@ADDRESS@/pings', false, stream_context_create(['http' => [
    'method' => 'POST',
    'header' => ['Authorization: Bearer @KEY@', 'Content-Type: application/json'],
    'content' => $ping,
    'timeout' => 10,
    // A refusal has a body too: a problem document; branch on its code.
    'ignore_errors' => true,
]]));
echo $answer, PHP_EOL;
