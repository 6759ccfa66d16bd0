--TEST--
Attributes: the engine refuses a wrong target
--FILE--
<?php
class Orders
{
    #[Ecoq\Attribute\MessageType('x')]
    public function a() {}
}
?>
--EXPECTF--
Fatal error: Attribute "Ecoq\Attribute\MessageType" cannot target method (allowed targets: class) in %s on line %d
