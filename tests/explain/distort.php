<?php
// What programs in PHP do to a body: a JSON object of names and hex in, of names, rows and hex out.
$rows = [
    'json_encode of arrays' => fn ($body) => json_encode(json_decode($body, true)),
    'json_encode of objects' => fn ($body) => json_encode(json_decode($body)),
    'json_encode, slashes left' => fn ($body) => json_encode(json_decode($body), JSON_UNESCAPED_SLASHES),
    'json_encode, Unicode left' => fn ($body) => json_encode(json_decode($body), JSON_UNESCAPED_UNICODE),
    'json_encode, both left' => fn ($body) => json_encode(json_decode($body), JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES),
    'json_encode, pretty' => fn ($body) => json_encode(json_decode($body), JSON_PRETTY_PRINT),
    'json_encode of the text' => fn ($body) => json_encode($body),
    'htmlspecialchars' => fn ($body) => htmlspecialchars($body),
    'urlencode' => fn ($body) => urlencode($body),
    'http_build_query' => fn ($body) => http_build_query(['payload' => $body]),
];
$made = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $name => $hex) {
    foreach ($rows as $row => $distort) {
        $made[$name][$row] = bin2hex($distort(hex2bin($hex)));
    }
}
echo json_encode($made);
