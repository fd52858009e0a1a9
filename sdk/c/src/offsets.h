/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate's assembly and the C code agree on; internal.h asserts it. */
#ifndef WG_OFFSETS_H
#define WG_OFFSETS_H

/* Keys: the controller's, the parking key, and those that are lent. */
#define WG_KEY_CONTROLLER 1
#define WG_KEY_PARKING 2
#define WG_KEY_FIRST 3
#define WG_KEYS 16

/* PKRU of a thread outside: all keys closed but 0, the controller's readable. */
#define WG_RIGHTS_OUTSIDE 0x55555558
/* PKRU of the controller: all keys closed but 0 and its own. */
#define WG_RIGHTS_CONTROLLER 0x55555550

#ifndef WG_MAX_THREADS
#define WG_MAX_THREADS 256
#endif
/* A slot of the thread table: the state, a guard page, the controller's stack. */
#define WG_SLOT_SIZE 32768
#define WG_SLOT_GUARD 8192

/* struct wg_thread */
#define WG_T_FS 0
#define WG_T_EXPECTED 8
#define WG_T_SP 16
#define WG_T_FUNCTION 24
#define WG_T_ARGUMENTS 32
#define WG_T_STATUS 56
#define WG_T_RESULT 64
#define WG_T_DEPTH 72
#define WG_T_SIMD 76
#define WG_T_BEGIN 88
#define WG_T_FRAMES 128

/* struct wg_frame */
#define WG_FRAME_SHIFT 7
#define WG_F_RBX 0
#define WG_F_RBP 8
#define WG_F_R12 16
#define WG_F_R13 24
#define WG_F_R14 32
#define WG_F_R15 40
#define WG_F_RSP 48
#define WG_F_RIP 56
#define WG_F_MXCSR 64
#define WG_F_FPUCW 68

#define WG_SIMD_SSE 0
#define WG_SIMD_AVX 1
#define WG_SIMD_AVX512 2

#define WG_OP_RETURN 0
#define WG_OP_FAULT 1
#define WG_OP_CALL 2
#define WG_OP_RUN 3
#define WG_OP_OUTSIDE 4
#define WG_OP_REGION_ALLOC 5
#define WG_OP_REGION_FREE 6
#define WG_OP_SUPERVISE 7
#define WG_OP_CLOSE 8
#define WG_OP_REGISTER 9
#define WG_OP_STATUS 10
#define WG_OP_WATCH 11
#define WG_OP_OVERDUE 12
#define WG_OP_DWELL 13
#define WG_OP_HEAP 14
#define WG_OP_PREFER 15
#define WG_OP_MOVED 16
#define WG_OP_DOORBELL 17

/* wg_register_*: every slot is taken. */
#define WG_NO_SLOT -13

#endif
