<?php

namespace Shop;

/** A query: one handler answers it, at once. */
final class NextOrderId
{
}
