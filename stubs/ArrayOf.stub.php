<?php

/** @generate-class-entries */

namespace Ecoq\Attribute;

/**
 * What the elements of an array in a payload are: `#[ArrayOf(Item::class)] array $items`. It stands on a constructor parameter, a public
 * property or a handler's parameter that takes an array; lists and maps keep their keys.
 *
 * @strict-properties
 */
final class ArrayOf
{
    /** The class, or `int`, `float`, `string`, `bool`, `array`, `object` or `mixed`; a `?` in front allows null. */
    public readonly string $type;

    /**
     * @param string $type a class, or `int`, `float`, `string`, `bool`, `array`, `object` or `mixed`; a `?` in front allows null
     * @throws \ValueError when it is empty
     */
    public function __construct(string $type) {}
}
