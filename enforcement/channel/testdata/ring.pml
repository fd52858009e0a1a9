/* The ring of a channel: one producer, CONSUMERS consumers, SLOTS slots, MESSAGES messages.
 *
 * What Go does with one atomic operation is one step here; a payload is two words, each of
 * which is read and written by itself. Everything interleaves. Memory is sequentially consistent, as it
 * is on x86 for what the ring relies on: stores that a load must not pass are exchanges.
 *
 * BLOCK is a channel that blocks and is read in place; without it the channel drops, and is
 * copied. Asserted: whatever a consumer is handed is the message of its sequence number, not torn; in a
 * channel that blocks all of them. And no run ends with somebody who waits for ever.
 *
 * Mistakes that can be switched on, each of which spin must find:
 *   KEEP_TURN        the producer overwrites a slot that still says that it is full (drops)
 *   TURN_FIRST       the producer says that a slot is full before it is
 *   HEAD_FIRST       head tells of a message before its slot does (blocks)
 *   RING_FIRST       the producer looks who waits before the message is there
 *   ONE_LOOK         a consumer does not look at the slot again after it copied (drops)
 *   RELEASE_FIRST    a consumer moves on before it is done with a message (blocks)
 *   RING_ROOM_FIRST  a consumer looks whether the producer waits before it moves on (blocks; the next
 *                    message makes good for it, unless there is one slot)
 *   NEWS_UNSEEN      a consumer says that it waits after its last look
 *   ROOM_UNSEEN      the producer says that it waits after its last look (blocks)
 */

#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef CONSUMERS
#define CONSUMERS 1
#endif
#ifndef MESSAGES
#define MESSAGES 4
#endif

byte head;
bool producer_waits;
bool room;                /* the producer's bell */

byte turn[SLOTS];
byte low[SLOTS], high[SLOTS];   /* the payload */

byte next[CONSUMERS];
bool waits[CONSUMERS];
bool news[CONSUMERS];     /* the consumers' bells */

inline look_for_room() {
	roomy = true;
	p = 0;
	do
	:: p == CONSUMERS -> break
	:: else ->
		if
		:: s - next[p] >= SLOTS -> roomy = false
		:: else -> skip
		fi;
		p++
	od
}

inline ring_who_waits() {
	p = 0;
	do
	:: p == CONSUMERS -> break
	:: else ->
		if
		:: waits[p] -> news[p] = true
		:: else -> skip
		fi;
		p++
	od
}

inline write_payload() {
	low[s % SLOTS] = s;
	high[s % SLOTS] = s
}

active proctype producer() {
	byte s, p;
	bool roomy;
	do
	:: s == MESSAGES -> break
	:: else ->
#ifdef BLOCK
		look_for_room();
		do
		:: roomy -> break
		:: else ->
#ifndef ROOM_UNSEEN
			producer_waits = true;
#endif
			look_for_room();
#ifdef ROOM_UNSEEN
			producer_waits = true;
#endif
			if
			:: !roomy -> atomic { room -> room = false }
			:: else -> skip
			fi;
			producer_waits = false;
			look_for_room()
		od;
#endif
#ifndef KEEP_TURN
		turn[s % SLOTS] = 0;
#endif
#ifdef HEAD_FIRST
		head = s + 1;
#endif
#ifdef TURN_FIRST
		turn[s % SLOTS] = s + 1;
#endif
		write_payload();
#ifdef RING_FIRST
		ring_who_waits();
#endif
#ifndef TURN_FIRST
		turn[s % SLOTS] = s + 1;
#endif
#ifndef HEAD_FIRST
		head = s + 1;
#endif
#ifndef RING_FIRST
		ring_who_waits();
#endif
		s++
	od
}

inline go_on(n) {
#ifdef RING_ROOM_FIRST
	producer_waited = producer_waits;
	next[me] = n;
#else
	next[me] = n;
	producer_waited = producer_waits;
#endif
	if
	:: producer_waited -> room = true
	:: else -> skip
	fi
}

inline lose(n) {
#ifdef BLOCK
	assert(false);
#endif
	mine = n;
	go_on(mine)
}

/* look leaves in found whether the next message is in its slot, and in told whether head tells of it. */
inline look() {
	found = turn[mine % SLOTS] == mine + 1;
	told = false;
	if
	:: !found -> seen = head; told = seen > mine
	:: else -> skip
	fi
}

/* take uses the message in place, or copies it, and reports in found whether it was there all the while. */
inline take() {
#ifdef RELEASE_FIRST
	go_on(mine + 1);
#endif
	first = low[mine % SLOTS];
	second = high[mine % SLOTS];
#ifndef BLOCK
#ifndef ONE_LOOK
	found = turn[mine % SLOTS] == mine + 1;
#endif
#endif
	if
	:: found ->
		assert(first == mine && second == mine);
		mine++;
		go_on(mine)
	:: else -> lose(mine + 1)
	fi
}

proctype consumer(byte me) {
	byte mine, seen, first, second;
	bool found, told, producer_waited;
	do
	:: mine == MESSAGES -> break
	:: else ->
		look();
		if
		:: found -> take()
		:: !found && told ->
			if
			:: seen - mine > SLOTS -> lose(seen - SLOTS)
			:: else -> skip
			fi;
			found = turn[mine % SLOTS] == mine + 1;
			if
			:: found -> take()
			:: else -> lose(mine + 1)
			fi
		:: else ->
#ifndef NEWS_UNSEEN
			waits[me] = true;
#endif
			look();
#ifdef NEWS_UNSEEN
			waits[me] = true;
#endif
			if
			:: !found && !told -> atomic { news[me] -> news[me] = false }
			:: else -> skip
			fi;
			waits[me] = false
		fi
	od
}

init {
	byte i;
	atomic {
		do
		:: i == CONSUMERS -> break
		:: else -> run consumer(i); i++
		od
	}
}
