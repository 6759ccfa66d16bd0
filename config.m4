PHP_ARG_ENABLE([ecoq],
  [whether to enable ecoq],
  [AS_HELP_STRING([--enable-ecoq],
    [Enable ecoq: asynchronous messaging])])

dnl Transports over a client library: "auto" takes part when the library is found, "yes" insists, "no" leaves it out.
PHP_ARG_WITH([ecoq-redis],
  [for the Redis transport of ecoq],
  [AS_HELP_STRING([[--with-ecoq-redis[=auto|yes|no]]],
    [ecoq: Redis transport, needs hiredis (not in this version)])],
  [auto],
  [no])

PHP_ARG_WITH([ecoq-amqp],
  [for the RabbitMQ transport of ecoq],
  [AS_HELP_STRING([[--with-ecoq-amqp[=auto|yes|no]]],
    [ecoq: RabbitMQ transport, needs librabbitmq (not in this version)])],
  [auto],
  [no])

PHP_ARG_WITH([ecoq-sqs],
  [for the SQS transport of ecoq],
  [AS_HELP_STRING([[--with-ecoq-sqs[=auto|yes|no]]],
    [ecoq: Amazon SQS transport, needs libcurl (not in this version)])],
  [auto],
  [no])

PHP_ARG_WITH([ecoq-kafka],
  [for the Kafka transport of ecoq],
  [AS_HELP_STRING([[--with-ecoq-kafka[=auto|yes|no]]],
    [ecoq: Kafka transport, needs librdkafka (not in this version)])],
  [auto],
  [no])

PHP_ARG_ENABLE([ecoq-dev],
  [whether to compile ecoq with developer warnings as errors],
  [AS_HELP_STRING([--enable-ecoq-dev],
    [ecoq: -Wall -Wextra -Werror])],
  [no],
  [no])

PHP_ARG_ENABLE([ecoq-coverage],
  [whether to compile ecoq for coverage measurement],
  [AS_HELP_STRING([--enable-ecoq-coverage],
    [ecoq: instrument for gcov, without optimisation])],
  [no],
  [no])

if test "$PHP_ECOQ" != "no"; then
  PKG_PROG_PKG_CONFIG

  ecoq_summary=
  for ecoq_pair in redis:hiredis amqp:librabbitmq sqs:libcurl kafka:rdkafka; do
    ecoq_transport=`echo $ecoq_pair | cut -d: -f1`
    ecoq_library=`echo $ecoq_pair | cut -d: -f2`
    case $ecoq_transport in
      redis@:}@ ecoq_wanted=$PHP_ECOQ_REDIS ;;
      amqp@:}@ ecoq_wanted=$PHP_ECOQ_AMQP ;;
      sqs@:}@ ecoq_wanted=$PHP_ECOQ_SQS ;;
      kafka@:}@ ecoq_wanted=$PHP_ECOQ_KAFKA ;;
    esac
    case $ecoq_wanted in
      yes@:}@
        AC_MSG_ERROR([--with-ecoq-$ecoq_transport: this version of ecoq has no $ecoq_transport transport yet; leave the option out]) ;;
      auto@:}@
        if test -z "$PKG_CONFIG"; then
          ecoq_found="pkg-config is missing, $ecoq_library was not looked for"
        elif $PKG_CONFIG --exists $ecoq_library; then
          ecoq_found="$ecoq_library "`$PKG_CONFIG --modversion $ecoq_library`" is here"
        else
          ecoq_found="$ecoq_library was not found"
        fi
        ecoq_summary="$ecoq_summary
  $ecoq_transport: no, not in this version of ecoq ($ecoq_found, not used)" ;;
      no@:}@
        ecoq_summary="$ecoq_summary
  $ecoq_transport: no" ;;
      *@:}@
        AC_MSG_ERROR([--with-ecoq-$ecoq_transport=$ecoq_wanted: expected auto, yes or no]) ;;
    esac
  done

  ECOQ_CFLAGS="-std=gnu11 -fvisibility=hidden -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -D_GNU_SOURCE"
  if test "$PHP_ECOQ_DEV" != "no"; then
    ECOQ_CFLAGS="$ECOQ_CFLAGS -Wall -Wextra -Wstrict-prototypes -Wformat-security -Wno-unused-parameter -Wimplicit-fallthrough -Werror"
  fi
  if test "$PHP_ECOQ_COVERAGE" != "no"; then
    ECOQ_CFLAGS="$ECOQ_CFLAGS -O0 -g --coverage -fprofile-update=atomic"
    ECOQ_SHARED_LIBADD="$ECOQ_SHARED_LIBADD --coverage"
  fi

  dnl PHP_NEW_EXTENSION makes one rule per file, and objects keep their folder: each needs its directory where the build is.
  ECOQ_SOURCES=`cd "$abs_srcdir" && echo ecoq.c && find src -name '*.c' | LC_ALL=C sort`
  ECOQ_SOURCES=`echo $ECOQ_SOURCES`
  PHP_NEW_EXTENSION([ecoq], [$ECOQ_SOURCES], [$ext_shared],, [$ECOQ_CFLAGS])
  for ecoq_folder in `cd "$abs_srcdir" && find src -type d`; do
    PHP_ADD_BUILD_DIR([$ext_builddir/$ecoq_folder], [1])
  done
  PHP_ADD_INCLUDE([$ext_srcdir])
  PHP_ADD_INCLUDE([$ext_srcdir/src])
  PHP_ADD_LIBRARY([m], [1], [ECOQ_SHARED_LIBADD])
  PHP_SUBST([ECOQ_SHARED_LIBADD])
  PHP_ADD_EXTENSION_DEP(ecoq, json)
  PHP_ADD_EXTENSION_DEP(ecoq, hash)
  PHP_ADD_EXTENSION_DEP(ecoq, date)
  PHP_ADD_EXTENSION_DEP(ecoq, pdo, true)

  AC_MSG_NOTICE([ecoq transports:
  memory, pdo (SQLite, when PDO is loaded@:}@, userland: yes$ecoq_summary])
fi
