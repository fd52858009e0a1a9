/* The protocol by which keys change hands: enter, leave, park, lend, wait.
 *
 * THREADS threads go ROUNDS times, each next one once less, into one of DOMAINS domains,
 * and half of the time from there into another one, with KEYS keys to lend. What Go does with
 * one atomic operation is one atomic step here; everything else interleaves.
 *
 * Safety, asserted at every step of every run: the memory under a key that a
 * thread has open is that of the domain it is in, and of no other. And no run
 * ends with a thread that waits for ever.
 *
 * Liveness, with LIVE: the threads go on for ever, and each that waits for a key gets
 * one, if every thread inside leaves at some time and the processors and the mutex
 * are fair. What the ring does under its mutex is one step then. (That another
 * holder drains after a while, because a thread inside does not leave, is not in
 * the model.)
 *
 * Mistakes that can be switched on, each of which spin must find:
 *   PARK_REGARDLESS  the ring parks without looking at the count
 *   LOOK_THEN_ENTER  a thread reads the key first and counts itself in afterwards
 *   COUNT_OUT_FIRST  a thread counts itself out before it closes its rights
 *   LEND_BEFORE_TAG  the key is lent before the memory of the old holder is away
 *   WAIT_HOLDING     a thread waits without giving up what it came through
 *   WAIT_UNSEEN      a thread says that it waits after its last look
 *   PASS_THE_QUEUE   a thread takes a key although others wait
 *   ADMIT_ALWAYS     holders do not drain for those that wait
 *   WAKE_NOBODY      the first of the queue leaves and wakes nobody
 */

#ifndef THREADS
#define THREADS 2
#endif
#ifndef DOMAINS
#define DOMAINS 3
#endif
#ifndef KEYS
#define KEYS 1
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif

#define NOBODY 255
#define PARKED 0   /* the parking key, and of a holder: no key */
#define CLOSED 0   /* rights of a thread that has no key open */

byte key[DOMAINS];      /* of the holder's word */
byte count[DOMAINS];    /* of the holder's word */
byte tag[DOMAINS];      /* key that the memory is under */
byte rights[THREADS];   /* key that the thread has open */
byte within[THREADS];   /* domain that the thread is in while it has one open */
bool lent[KEYS + 1];

bool drains[DOMAINS];   /* of the holder's word */

bool mu;
byte waiting;
byte queue[THREADS];    /* threads that wait, the first one first */
byte queued;
bool woken[THREADS];

inline lock()   { atomic { !mu -> mu = true } }
inline unlock() { mu = false }

#ifdef LIVE
#define UNDER_MUTEX(steps) atomic { steps }
#else
#define UNDER_MUTEX(steps) lock(); steps; unlock()
#endif
/* What nobody sees half done who does not have the mutex. */
#define AT_ONCE(step) atomic { !mu -> step }

inline wakeFirst() {
	d_step {
		if
		:: queued > 0 -> woken[queue[0]] = true
		:: else
		fi
	}
}

inline join() {
	d_step { queue[queued] = me; queued++ }
}

/* Ring.dequeue, under mu */
inline dequeue() {
	d_step {
		if
		:: queue[0] == me -> for (i : 0 .. DOMAINS - 1) { drains[i] = false }
		:: else
		fi;
		i = 0;
		do
		:: queue[i] != me -> i++
		:: else -> break
		od;
		queued--;
#ifndef WAIT_UNSEEN
		waiting--;
#endif
		do
		:: i < queued -> queue[i] = queue[i + 1]; i++
		:: else -> break
		od;
		queue[queued] = NOBODY;
		woken[me] = false;
		i = 0
	};
#ifndef WAKE_NOBODY
	wakeFirst()
#endif
}

/* Ring.drain, under mu: any one that has a key. */
inline drain() {
#ifndef ADMIT_ALWAYS
	if
	:: drains[0] || drains[1] || drains[DOMAINS - 1]
	:: else ->
		if
		:: key[0] != PARKED -> drains[0] = true
		:: key[1] != PARKED -> drains[1] = true
		:: key[DOMAINS - 1] != PARKED -> drains[DOMAINS - 1] = true
		fi
	fi
#else
	skip
#endif
}

/* Holder.Leave */
inline countOut(d) {
	d_step { count[d]--; vacant = (count[d] == 0) }
	if
	:: vacant && waiting > 0 -> AT_ONCE(wakeFirst())
	:: else
	fi
}

/* Rights, written and in force at once. */
inline open(d, k) { d_step { within[me] = d; rights[me] = k } }
inline close()    { d_step { rights[me] = CLOSED; within[me] = NOBODY } }

/* Ring.obtain, under mu: k is the key, or PARKED when every one is in use. */
inline obtain() {
	k = PARKED;
	d_step {
		for (i : 1 .. KEYS) {
			if
			:: !lent[i] && k == PARKED -> k = i; lent[i] = true
			:: else
			fi
		}
		i = 0
	}
	if
	:: k == PARKED ->
		v = 0;
		do
		:: v < DOMAINS && k == PARKED ->
			/* Holder.park */
			d_step {
				if
#ifdef PARK_REGARDLESS
				:: key[v] != PARKED -> k = key[v]; key[v] = PARKED; drains[v] = false
#else
				:: key[v] != PARKED && count[v] == 0 -> k = key[v]; key[v] = PARKED; drains[v] = false
#endif
				:: else -> v++
				fi
			}
		:: else -> break
		od;
#ifndef LEND_BEFORE_TAG
		if
		:: k != PARKED -> tag[v] = PARKED
		:: else
		fi
#endif
	:: else
	fi
}

/* Ring.enter, under mu: k is the key of d, or PARKED when every one is in use. */
inline enterLocked(d) {
	if
	:: key[d] != PARKED -> d_step { drains[d] = false; count[d]++; k = key[d] }
	:: else ->
		obtain();
		if
		:: k != PARKED ->
			tag[d] = k;
			d_step { key[d] = k; count[d]++ }
#ifdef LEND_BEFORE_TAG
			;
			if
			:: v < DOMAINS && v != d && tag[v] == k -> tag[v] = PARKED
			:: else
			fi
#endif
		:: else
		fi
	fi
}

/* Ring.serve, under mu */
inline serve(d) {
	if
	:: queue[0] == me ->
		enterLocked(d);
		if
		:: k == PARKED -> drain()
		:: else -> dequeue()
		fi
	:: else -> k = PARKED
	fi
}

/* Ring.Wait */
inline await(d) {
#ifndef WAIT_UNSEEN
	waiting++;
#endif
	AT_ONCE(join());
	do
	:: true ->
		UNDER_MUTEX(serve(d));
		if
		:: k != PARKED -> break
		:: else
		fi;
#ifdef WAIT_UNSEEN
		waiting++;
#endif
		d_step { woken[me] -> woken[me] = false };
#ifdef WAIT_UNSEEN
		waiting--
#endif
	od
}

/* Ring.Enter, under mu */
inline enterInTurn(d) {
	if
#ifndef PASS_THE_QUEUE
	:: queued > 0 && (key[d] == PARKED || drains[d]) -> k = PARKED
#endif
	:: else -> enterLocked(d)
	fi
}

/* Entering d from outer, which is NOBODY outside of all. Afterwards counted
 * says whether the thread is still counted into outer. */
inline enter(d, outer, counted) {
#ifdef LOOK_THEN_ENTER
	k = (drains[d] -> PARKED : key[d]);
	if
	:: k != PARKED -> count[d]++
	:: else
	fi;
#else
	/* Holder.TryEnter */
	d_step { count[d]++; k = (drains[d] -> PARKED : key[d]) };
	if
	:: k == PARKED -> countOut(d)
	:: else
	fi;
#endif
	if
	:: k == PARKED ->
		UNDER_MUTEX(enterInTurn(d));
		if
		:: k == PARKED ->
			close();
#ifndef WAIT_HOLDING
			if
			:: outer != NOBODY -> countOut(outer); counted = false
			:: else
			fi;
#endif
			await(d)
		:: else
		fi
	:: else
	fi;
	open(d, k)
}

inline leave(d) {
#ifdef COUNT_OUT_FIRST
	countOut(d);
	close()
#else
	close();
	countOut(d)
#endif
}

proctype thread(byte me) {
	byte round, i, k, v, a, b;
	bool vacant, counted;
	do
#ifdef LIVE
	:: true ->
#else
	:: round < ROUNDS - me ->
#endif
#ifdef LIVE
		a = (me > 0 -> 1 : 0); /* one alone, two in turns */
#else
		select(a : 0 .. DOMAINS - 1);
#endif
		counted = true;
		enter(a, NOBODY, counted);
		counted = true;
		if
		:: true
#ifndef LIVE
		:: true ->
			b = (a + 1) % DOMAINS;
			enter(b, a, counted);
			leave(b);
			if
			:: !counted -> await(a)
			:: else -> k = key[a]
			fi;
			open(a, k)
#endif
		fi;
		leave(a);
		a = 0; b = 0; k = 0; v = 0; vacant = false; /* fewer states */
#ifdef LIVE
		skip
#else
		round++
	:: else -> break
#endif
	od
}

#ifdef LIVE
#define WAITS(t) (queue[0] == t || queue[1] == t || queue[2] == t)
ltl served { [] (WAITS(0) -> <> !WAITS(0)) && [] (WAITS(1) -> <> !WAITS(1)) }
#else
/* A thread has open what is under the key of the domain it is in, and that alone. */
#define AMISS(t, d) (rights[t] != CLOSED && ((tag[d] == rights[t]) != (within[t] == d)))

active proctype watch() {
	byte t, d;
end:
	do
	:: atomic {
		AMISS(0, 0) || AMISS(0, 1) || AMISS(0, 2) || AMISS(1, 0) || AMISS(1, 1) || AMISS(1, 2)
#if THREADS > 2
			|| AMISS(2, 0) || AMISS(2, 1) || AMISS(2, 2)
#endif
		-> assert(false)
	}
	od
}
#endif

init {
	byte t;
	atomic {
		for (t : 0 .. THREADS - 1) { within[t] = NOBODY; queue[t] = NOBODY }
		for (t : 0 .. THREADS - 1) { run thread(t) }
	}
}
