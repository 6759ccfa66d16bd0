--TEST--
Registry cache: a damaged, cut, foreign or forged file is ignored and written anew; a directory that others can write to is refused
--FILE--
<?php
require __DIR__ . '/cache.inc';

$app = new CachedApplication(['Subject' => <<<'PHP'
    class Subject
    {
        #[CommandHandler('a'), Asynchronous('q'), Delayed(5), TimeToLive(expression: 'payload.ttl'), Retry(1, 2, 3, 4, 0.5), Priority(2)] public function a() {}
        #[EventHandler('b'), Asynchronous(['q', 'r']), Delayed(expression: 'Subject::delay')] public function b() {}
        public static function delay() {}
    }
    PHP]);
$right = $app->run('[Subject::class]');
$file = "$app->directory/cache/" . $app->cacheFiles()[0];
$bytes = file_get_contents($file);
$hit = $app->run('[Subject::class]');
echo $hit;

/** a * b modulo 2^64, from parts whose products fit */
function multiply(int $a, int $b): int
{
    $result = 0;
    for ($i = 0; $i < 4; $i++) {
        for ($j = 0; $i + $j < 4; $j++) {
            $product = (($a >> 16 * $i) & 0xffff) * (($b >> 16 * $j) & 0xffff);
            for ($shifted = $product << 16 * ($i + $j); $shifted !== 0;) { // an addition without overflow
                [$result, $shifted] = [$result ^ $shifted, ($result & $shifted) << 1];
            }
        }
    }
    return $result;
}

/** A file of that body whose size and checksum are right, so that only its content can give it away. */
function forge(string $bytes, string $body): string
{
    $prime = (0xff51afd7 << 32) | 0xed558ccd;
    $sum = ((0x9e3779b9 << 32) | 0x7f4a7c15) ^ strlen($body);
    foreach (str_split($body, 8) as $word) {
        $sum = multiply($sum ^ unpack('q', str_pad($word, 8, "\0"))[1], $prime);
        $sum ^= ($sum >> 32) & 0xffffffff;
    }
    return substr($bytes, 0, 16) . pack('qq', strlen($body), $sum) . $body;
}
var_dump(forge($bytes, substr($bytes, 32)) === $bytes);

$check = function (string $what, ?string $content) use ($app, $file, $bytes, $right) {
    $content === null ? unlink($file) : file_put_contents($file, $content);
    $output = $app->run('[Subject::class]');
    echo $what, ': ', $output === $right ? 'read anew' : $output, ', ', file_get_contents($file) === $bytes ? 'written anew' : 'left', ', files ', count($app->cacheFiles()), "\n";
};
$check('deleted', null);
$check('empty', '');
$check('text', 'hello');
$check('too long', "$bytes\0");
$check('other magic', 'X' . substr($bytes, 1));
$bad = [];
for ($size = 0; $size < strlen($bytes); $size += 61) {
    file_put_contents($file, substr($bytes, 0, $size));
    $bad[] = $app->run('[Subject::class]') === $right && file_get_contents($file) === $bytes;
}
echo count($bad), ' cut files: ', in_array(false, $bad) ? 'wrong' : 'right', "\n";
mt_srand(7);
$bad = [];
for ($i = 0; $i < 20; $i++) {
    $damaged = $bytes;
    $damaged[mt_rand(0, strlen($bytes) - 1)] = chr(mt_rand(0, 255));
    if ($damaged !== $bytes) {
        file_put_contents($file, $damaged);
        $bad[] = $app->run('[Subject::class]') === $right && file_get_contents($file) === $bytes;
    }
}
echo 'flipped bytes: ', in_array(false, $bad) ? 'wrong' : 'right', "\n";

$bad = [];
for ($size = 0; $size < strlen($bytes) - 32; $size += 11) {
    file_put_contents($file, forge($bytes, substr($bytes, 32, $size)));
    $bad[] = $app->run('[Subject::class]') === $right && file_get_contents($file) === $bytes;
}
echo 'cut with a right checksum: ', in_array(false, $bad) ? 'wrong' : 'right', "\n";
$check('a huge count', forge($bytes, substr($bytes, 32, -4) . "\xff\xff\xff\xff"));
$check('a huge length', forge($bytes, str_replace(pack('L', 11) . "payload.ttl\0", "\xff\xff\xff\xffpayload.ttl\0", substr($bytes, 32))));
$check('more behind the end', forge($bytes, substr($bytes, 32) . "\0"));
$check('a string without its NUL', forge($bytes, str_replace("payload.ttl\0", 'payload.ttl!', substr($bytes, 32))));
$check('no path', forge($bytes, str_replace("payload.ttl\0", "payload..tl\0", substr($bytes, 32))));

chmod($file, 0666);
echo 'writable by others: ', strstr($app->run('[Subject::class]'), 'loaded'), sprintf("%04o\n", fileperms($file) & 07777);
unlink($file);
symlink('/etc/passwd', $file);
clearstatcache();
echo 'symbolic link: ', strstr($app->run('[Subject::class]'), 'loaded'), is_link($file) ? "still a link\n" : "replaced\n";

chmod("$app->directory/cache", 0770);
echo $app->run('[Subject::class]');
chmod("$app->directory/cache", 0700);
echo $app->run('[Subject::class]', '', ['ecoq.cache_dir' => 'relative']);
echo $app->run('[Subject::class]', '', ['ecoq.cache_dir' => "$app->directory/no/where"]);
echo $app->run('[Subject::class]', '', ['ecoq.cache_dir' => "$app->directory/boot.php"]);
echo strstr($app->run('[Subject::class]', '', ['ecoq.cache_dir' => "$app->directory/made"]), 'loaded');
printf("%04o\n", fileperms("$app->directory/made") & 07777);
array_map('unlink', glob("$app->directory/made/*"));
rmdir("$app->directory/made");
?>
--EXPECT--
Subject::a: command a channels=["q"] delay=5 timeToLive="payload.ttl" priority=2 retry={"max":1,"delay":2,"multiplier":3,"maxDelay":4,"jitter":0.5}
Subject::b: event b channels=["q","r"] delay="callable"
loaded at the start: none, in all: none
bool(true)
deleted: read anew, written anew, files 1
empty: read anew, written anew, files 1
text: read anew, written anew, files 1
too long: read anew, written anew, files 1
other magic: read anew, written anew, files 1
8 cut files: right
flipped bytes: right
cut with a right checksum: right
a huge count: read anew, written anew, files 1
a huge length: read anew, written anew, files 1
more behind the end: read anew, written anew, files 1
a string without its NUL: read anew, written anew, files 1
no path: read anew, written anew, files 1
writable by others: loaded at the start: Subject, in all: Subject
0600
symbolic link: loaded at the start: Subject, in all: Subject
replaced
Ecoq\Exception\ConfigurationException: ecoq.cache_dir is "DIR/cache", which others may write to (mode 0770), and so decide what messages run; chmod 700 it
Ecoq\Exception\ConfigurationException: ecoq.cache_dir is "relative": an absolute path is needed
Ecoq\Exception\ConfigurationException: ecoq.cache_dir is "DIR/no/where", which cannot be used: No such file or directory
Ecoq\Exception\ConfigurationException: ecoq.cache_dir is "DIR/boot.php", which is no directory
loaded at the start: Subject, in all: Subject
0700
