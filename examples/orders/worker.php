<?php
$ecoq = require __DIR__ . '/bootstrap.php';
exit((new Ecoq\Console($ecoq))->run($argv));
