PHP_ARG_ENABLE([ecoq],
  [whether to enable ecoq],
  [AS_HELP_STRING([--enable-ecoq],
    [Enable ecoq: asynchronous messaging])])

dnl Transports over a client library: "auto" takes part when the library is found, "yes" insists, "no" leaves it out.
PHP_ARG_WITH([ecoq-redis],
  [for the Redis transport of ecoq],
  [AS_HELP_STRING([[--with-ecoq-redis[=auto|yes|no]]],
    [ecoq: Redis transport, needs hiredis 0.14 or newer])],
  [auto],
  [no])

PHP_ARG_WITH([ecoq-amqp],
  [for the RabbitMQ transport of ecoq],
  [AS_HELP_STRING([[--with-ecoq-amqp[=auto|yes|no]]],
    [ecoq: RabbitMQ transport, needs librabbitmq 0.9 or newer])],
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
  ECOQ_DEFINES=
  ECOQ_WITHOUT=
  for ecoq_row in redis:hiredis:0.14 amqp:librabbitmq:0.9 sqs:libcurl: kafka:rdkafka:; do
    ecoq_transport=`echo $ecoq_row | cut -d: -f1`
    ecoq_library=`echo $ecoq_row | cut -d: -f2`
    ecoq_version=`echo $ecoq_row | cut -d: -f3`
    case $ecoq_transport in
      redis@:}@ ecoq_wanted=$PHP_ECOQ_REDIS ;;
      amqp@:}@ ecoq_wanted=$PHP_ECOQ_AMQP ;;
      sqs@:}@ ecoq_wanted=$PHP_ECOQ_SQS ;;
      kafka@:}@ ecoq_wanted=$PHP_ECOQ_KAFKA ;;
    esac
    case $ecoq_wanted in
      auto|yes|no@:}@ ;;
      *@:}@
        AC_MSG_ERROR([--with-ecoq-$ecoq_transport=$ecoq_wanted: expected auto, yes or no]) ;;
    esac
    ecoq_missing=
    if test "$ecoq_wanted" = "no"; then
      ecoq_missing="no"
    elif test -z "$ecoq_version"; then
      ecoq_missing="no, not in this version of ecoq"
    elif test -z "$PKG_CONFIG"; then
      ecoq_missing="no: pkg-config is missing, $ecoq_library was not looked for"
    elif $PKG_CONFIG --atleast-version=$ecoq_version $ecoq_library; then
      :
    else
      ecoq_missing="no: $ecoq_library $ecoq_version or newer was not found"
    fi
    if test -n "$ecoq_missing"; then
      if test "$ecoq_wanted" = "yes"; then
        AC_MSG_ERROR([--with-ecoq-$ecoq_transport: $ecoq_missing])
      fi
      ecoq_summary="$ecoq_summary
  $ecoq_transport: $ecoq_missing"
      ECOQ_WITHOUT="$ECOQ_WITHOUT|src/transport/$ecoq_transport/"
    else
      ecoq_summary="$ecoq_summary
  $ecoq_transport: yes, with $ecoq_library "`$PKG_CONFIG --modversion $ecoq_library`
      PHP_EVAL_INCLINE([`$PKG_CONFIG --cflags $ecoq_library`])
      PHP_EVAL_LIBLINE([`$PKG_CONFIG --libs $ecoq_library`], [ECOQ_SHARED_LIBADD])
      ECOQ_DEFINES="$ECOQ_DEFINES -DECOQ_HAVE_"`echo $ecoq_library | tr 'a-z' 'A-Z'`
      case $ecoq_transport in
        redis|amqp@:}@
          if $PKG_CONFIG --atleast-version=1.1 openssl; then
            PHP_EVAL_INCLINE([`$PKG_CONFIG --cflags openssl`])
            PHP_EVAL_LIBLINE([`$PKG_CONFIG --libs openssl`], [ECOQ_SHARED_LIBADD])
            ECOQ_DEFINES="$ECOQ_DEFINES -DECOQ_HAVE_OPENSSL"
            ecoq_summary="$ecoq_summary and TLS"
          fi ;;
      esac
    fi
  done

  ECOQ_CFLAGS="-std=gnu11 -fvisibility=hidden -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -D_GNU_SOURCE$ECOQ_DEFINES"
  if test "$PHP_ECOQ_DEV" != "no"; then
    ECOQ_CFLAGS="$ECOQ_CFLAGS -Wall -Wextra -Wstrict-prototypes -Wformat-security -Wno-unused-parameter -Wimplicit-fallthrough -Werror"
  fi
  if test "$PHP_ECOQ_COVERAGE" != "no"; then
    ECOQ_CFLAGS="$ECOQ_CFLAGS -O0 -g --coverage -fprofile-update=atomic"
    ECOQ_SHARED_LIBADD="$ECOQ_SHARED_LIBADD --coverage"
  fi

  dnl PHP_NEW_EXTENSION makes one rule per file, and objects keep their folder: each needs its directory where the build is.
  ECOQ_SOURCES=`cd "$abs_srcdir" && echo ecoq.c && find src -name '*.c' | grep -Ev "^(none$ECOQ_WITHOUT)" | LC_ALL=C sort`
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
