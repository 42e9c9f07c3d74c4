<?php
$post = <<<'JSON'
@POST@
JSON;

$answer = file_get_contents('@ADDRESS@/posts', false, stream_context_create(['http' => [
    'method' => 'POST',
    'header' => ['Authorization: Bearer @KEY@', 'Content-Type: application/json'],
    'content' => $post,
    'timeout' => 20,
    // A refusal has a body too: a problem document; branch on its code.
    'ignore_errors' => true,
]]));
echo $answer, PHP_EOL;
