#include "transport/redis/link.h"

#include <stdio.h>
#include <strings.h>

typedef struct meaning {
	const char *code; /* the first word of what Redis says, or within what a script of Redis before 7 says */
	ecoq_result result;
	const char *text;
} meaning;

static const meaning meanings[] = {
	{"WRONGPASS", ECOQ_INVALID, "user or password is wrong, or the user is disabled; look at the DSN's part before the @ and at ACL LIST"},
	{"NOAUTH", ECOQ_INVALID, "the server wants a password: redis://:password@host or redis://user:password@host"},
	{"DENIED", ECOQ_INVALID, "the server is in protected mode and takes connections from its own machine only; give it a password, or turn protected-mode off"},
	{"WRONGTYPE", ECOQ_INVALID,
		"at the queue's key, or at one of those beside it, stands another kind of value than ecoq's; choose another queue name, prefix or database, or remove that key"},
	{"OOM", ECOQ_UNAVAILABLE,
		"the server has reached its memory limit (maxmemory) and stored nothing; let consumers catch up, or raise the limit (maxmemory-policy must be noeviction)"},
	{"MISCONF", ECOQ_UNAVAILABLE,
		"the server cannot write to its disk and refuses changes until it can; nothing was stored. See its log, disk space and permissions"},
	{"READONLY", ECOQ_UNAVAILABLE, "this server is a read-only replica; point the DSN to the master, or use redis+sentinel://"},
	{"LOADING", ECOQ_UNAVAILABLE, "the server is still loading its data after a start"},
	{"BUSY", ECOQ_UNAVAILABLE, "the server is busy with a slow script; SCRIPT KILL or FUNCTION KILL ends one that has written nothing"},
	{"UNKILLABLE", ECOQ_UNAVAILABLE, "the server is busy with a slow script that has written and cannot be ended"},
	{"MASTERDOWN", ECOQ_UNAVAILABLE, "this server is a replica that has lost its master"},
	{"CLUSTERDOWN", ECOQ_UNAVAILABLE, "the Cluster is down: no node serves the queue's slot, or too few of them see each other"},
	{"TRYAGAIN", ECOQ_UNAVAILABLE, "the queue's slot is moving to another node of the Cluster right now"},
	{"MOVED", ECOQ_UNAVAILABLE,
		"the node of the Cluster that serves the queue's slot cannot be reached, or the nodes do not agree on which one it is; a fail-over may be going on"},
	{"ASK", ECOQ_UNAVAILABLE, "the queue's slot is moving to another node of the Cluster right now"},
	{"CROSSSLOT", ECOQ_INVALID, "the keys of one command do not belong to one slot of the Cluster"},
	{"NOREPLICAS", ECOQ_UNAVAILABLE, "the server has fewer replicas at hand than min-replicas-to-write demands; nothing was stored"},
	{"NOSCRIPT", ECOQ_UNAVAILABLE, "the server lost its scripts repeatedly; does something run SCRIPT FLUSH?"},
	{"NOGOODSLAVE", ECOQ_UNAVAILABLE, "the Sentinels find no replica that could become master"},
};

/* What Redis says under the code ERR only, or in words that hold names of users or arguments, which are not repeated. */
static const meaning sayings[] = {
	{"max number of clients", ECOQ_UNAVAILABLE, "the server has as many clients as its maxclients allows"},
	{"DB index is out of range", ECOQ_INVALID,
		"the server has no database of that number; see its setting databases, and the DSN's option db or the number in its path"},
	{"invalid DB index", ECOQ_INVALID, "the server has no database of that number; see its setting databases, and the DSN's option db or the number in its path"},
	{"SELECT is not allowed in cluster mode", ECOQ_INVALID, "a Cluster has database 0 only; remove the number from the DSN"},
	{"without any password configured", ECOQ_INVALID,
		"the DSN has a password, but the server wants none from its default user; remove it from the DSN, or name a user with it"},
	{"no password is set", ECOQ_INVALID, "the DSN has a password, but the server wants none; remove it from the DSN"},
	{"invalid password", ECOQ_INVALID, "the password is wrong"},
	{"can't run this command", ECOQ_INVALID,
		"the user may not run a command that ecoq's scripts need; an ACL of +@all -@admin -@dangerous and ~<queue>* ~{<queue>}:* is enough"},
	/* Redis 8 */
	{"no permissions to run the", ECOQ_INVALID,
		"the user may not run a command that ecoq's scripts need; an ACL of +@all -@admin -@dangerous and ~<queue>* ~{<queue>}:* is enough"},
	{"can't access at least one of the keys", ECOQ_INVALID, "the user may not touch all of the queue's keys; it needs ~<queue>* and ~{<queue>}:*"},
	{"o permissions to access", ECOQ_INVALID, "the user may not touch all of the queue's keys; it needs ~<queue>* and ~{<queue>}:*"},
	{"ommand called from", ECOQ_INVALID, "the server has no command that ecoq's scripts need: Redis 6.2 or newer is needed, and none of its commands renamed"},
	{"No such master", ECOQ_INVALID, "the Sentinels know no master of that name; look at the DSN's option master"},
	{"Connection refused: too many", ECOQ_UNAVAILABLE, "the server has too many clients"},
};

/* The text begins with the code, or, where a script was stopped, holds it behind ": " or ": -". */
static bool has_code(const char *text, const char *code)
{
	size_t size = strlen(code);
	if (strncmp(text, code, size) == 0 && (text[size] == ' ' || text[size] == '\0')) {
		return true;
	}
	if (strncmp(text, "ERR ", 4) != 0) {
		return false;
	}
	for (const char *at = strstr(text, ": "); at; at = strstr(at + 2, ": ")) {
		const char *word = at + 2 + (at[2] == '-');
		if (strncmp(word, code, size) == 0 && (word[size] == ' ' || word[size] == '\0')) {
			return true;
		}
	}
	return false;
}

static const meaning *find(const char *text)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (has_code(text, meanings[i].code)) {
			return &meanings[i];
		}
	}
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++) {
		if (strstr(text, sayings[i].code)) {
			return &sayings[i];
		}
	}
	return NULL;
}

/* The name of a command between the last two quotes, "" when it does not look like one: users and keys are not repeated. */
static void quoted_command(const char *text, char *out, size_t capacity)
{
	const char *end = strrchr(text, '\''), *begin = end;
	size_t size = 0;
	*out = '\0';
	while (begin && begin > text && begin[-1] != '\'') {
		begin--;
	}
	for (; begin && begin < end && size + 1 < capacity; begin++) {
		char c = *begin;
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '|' || c == '_')) {
			*out = '\0';
			return;
		}
		out[size++] = c;
		out[size] = '\0';
	}
}

static ecoq_result no_permission(const char *text, const char *doing, ecoq_error *error)
{
	char command[32];
	if (strstr(text, "key")) {
		return ecoq_fail(
			error, ECOQ_INVALID, "%s: NOPERM: the user may not touch all of the queue's keys; it needs ~<queue>* and ~{<queue>}:* (ACL SETUSER)", doing);
	}
	if (strstr(text, "channel")) {
		return ecoq_fail(error, ECOQ_INVALID, "%s: NOPERM: the user may not use the channel (ACL SETUSER … allchannels)", doing);
	}
	quoted_command(text, command, sizeof(command));
	bool is_script = strncasecmp(command, "eval", 4) == 0 || strncasecmp(command, "script", 6) == 0;
	return ecoq_fail(error, ECOQ_INVALID, "%s: NOPERM: the user may not run the command%s%s; %s", doing, *command ? " " : "", command,
		is_script ? "ecoq does all its work in scripts, so the user needs +@scripting (ACL SETUSER), beside +@all -@admin -@dangerous or finer"
				  : "an ACL of +@all -@admin -@dangerous is enough (ACL SETUSER)");
}

/* What came last in "unknown command 'EVALSHA', with args beginning with: …" is payload. */
static ecoq_result unknown_command(const char *text, const char *doing, ecoq_error *error)
{
	char name[32] = "";
	sscanf(text, "%*[^'`]%*1['`]%31[A-Za-z]", name);
	bool is_script = strncasecmp(name, "eval", 4) == 0 || strncasecmp(name, "script", 6) == 0;
	return ecoq_fail(error, ECOQ_INVALID, "%s: the server does not know the command%s%s; %s", doing, *name ? " " : "", name,
		is_script ? "scripting is disabled there or its commands are renamed, and ecoq does all its work in scripts"
				  : "Redis 6.2 or newer is needed, and none of its commands renamed");
}

/* Enough of it to search for, on one line, without the name of the script, and as UTF-8. */
static void quote(const char *text, char *out, size_t capacity)
{
	size_t size = 0;
	const char *end = strstr(text, " script: "), *call = strstr(text, "(call to f_");
	const char *behind = call ? strstr(call, "): ") : NULL;
	text = behind ? behind + 3 : text;
	for (; *text && text != end && size + 1 < capacity; text++) {
		unsigned char c = (unsigned char) *text;
		out[size++] = c < 0x20 || c > 0x7e ? '?' : (char) c;
	}
	out[size] = '\0';
}

ecoq_result ecoq_redis_error(const redisReply *reply, const char *doing, ecoq_error *error)
{
	char said[200];
	const char *text = reply->type == REDIS_REPLY_ERROR && reply->str ? reply->str : "";
	if (has_code(text, "NOPERM")) {
		return no_permission(text, doing, error);
	}
	if (strncmp(text, "ERR unknown command", 19) == 0) {
		return unknown_command(text, doing, error);
	}
	const meaning *meaning = find(text);
	quote(text, said, sizeof(said));
	if (!meaning) {
		return ecoq_fail(error, ECOQ_PROTOCOL, "%s: Redis answered \"%s\", which ecoq does not expect", doing, said);
	}
	return ecoq_fail(error, meaning->result, "%s: %s (Redis: \"%s\")", doing, meaning->text, said);
}
