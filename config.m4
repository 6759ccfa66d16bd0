PHP_ARG_ENABLE([ecoq], [whether to enable ecoq],
  [AS_HELP_STRING([--enable-ecoq], [Enable ecoq: asynchronous messaging])])

PHP_ARG_ENABLE([ecoq-dev], [whether to build ecoq with developer warnings as errors],
  [AS_HELP_STRING([--enable-ecoq-dev], [ecoq: -Wall -Wextra -Werror])], [no], [no])

if test "$PHP_ECOQ" != "no"; then
  ECOQ_CFLAGS="-std=gnu11 -fvisibility=hidden -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -D_GNU_SOURCE"
  if test "$PHP_ECOQ_DEV" != "no"; then
    ECOQ_CFLAGS="$ECOQ_CFLAGS -Wall -Wextra -Wstrict-prototypes -Wno-unused-parameter -Wimplicit-fallthrough -Werror"
  fi
  ECOQ_SOURCES=`cd "$abs_srcdir"; echo ecoq.c src/*/*.c`
  PHP_NEW_EXTENSION([ecoq], [$ECOQ_SOURCES], [$ext_shared],, [$ECOQ_CFLAGS])
  for dir in base php envelope transport channel endpoint messaging worker console zz; do
    PHP_ADD_BUILD_DIR([$ext_builddir/src/$dir], [1])
  done
  PHP_ADD_INCLUDE([$ext_srcdir])
  PHP_ADD_INCLUDE([$ext_srcdir/src])
  PHP_ADD_EXTENSION_DEP(ecoq, json)
  PHP_ADD_EXTENSION_DEP(ecoq, hash)
  PHP_ADD_EXTENSION_DEP(ecoq, date)
  PHP_ADD_EXTENSION_DEP(ecoq, pdo, true)
fi
