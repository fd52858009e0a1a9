/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: the only code that writes PKRU, in a variant for each backend.
 *
 * Each WRPKRU is followed by a comparison with constants. Whoever jumps to
 * one goes on only where the gate itself would:
 *   1. with the controller's key open, at the beginning of the gate;
 *   2. with the key of one domain open, at a check that this is the right that the
 *      controller gave to this very thread. The thread is known by its FS base,
 *      and what it may have stands in memory that only the controller writes;
 *   3. outside of all.
 * Neither registers nor the stack of the caller are believed before or after.
 */
#include "offsets.h"

/* From the first slot to the last: with these bits and no others set, a number leads from any slot to the last one. */
#define LAST_SLOT ((WG_MAX_THREADS - 1) * WG_SLOT_SIZE)

/* A thread with one key more open than outside. */
#define RIGHTS(key) (WG_RIGHTS_OUTSIDE - (1 << (2 * key)))

	.section .note.GNU-stack, "", @progbits

	/* Property note: code is IBT-clean. */
	.section .note.gnu.property, "a", @note
	.p2align 3
	.long 4, 16, 5
	.asciz "GNU"
	.long 0xc0000002, 4, 1, 0

	.text
	.globl wg_gate_text
	.hidden wg_gate_text
wg_gate_text:

/* check: state in \state is a slot of the table and belongs to this thread. Uses \a. Free slots belong to who has FS base
 * 0: to none who has just read wg_self, because there is nothing to read there; and no rights are expected in them. */
.macro check state, a, pku
	lea wg_threads+LAST_SLOT(%rip), \a
	sub \state, \a
	test $~LAST_SLOT, \a
	jnz 9f
	.if \pku
	rdfsbase \a
	.else
	mov %fs:0, \a
	.endif
	cmp \a, WG_T_FS(\state)
	jne 9f
.endm

/* reset: the controller's stack, and what the code before left in flags (AC, TF, DF) and x87 state, which would
 * end the code behind the gate, have it compute otherwise, or tell it what was computed with: x87 registers, which are
 * MMX's too, and what was found of the last ones compared. FNINIT takes its time, and is left to where an
 * exception or such a finding was noted. State in %rcx; uses %rax. What is seldom needed stands in reset_seldom. */
.macro reset where
	lea WG_SLOT_SIZE-8(%rcx), %rsp
	fnstsw %ax
	test $0x47ff, %eax
	jnz .Lnoted_\where
.Lquiet_\where:
	.irp n, 0,1,2,3,4,5,6,7
	pxor %mm\n, %mm\n
	.endr
	emms
	fldcw .Lfpucw(%rip)
	pushfq
	testl $0x40500, (%rsp)
	jnz .Lflags_\where
.Lplain_\where:
.endm

.macro reset_seldom where
.Lnoted_\where:
	fninit
	jmp .Lquiet_\where
.Lflags_\where:
	push $2
	popfq
	jmp .Lplain_\where
.endm

.macro open_controller pku
	.if \pku
	xor %ecx, %ecx
	xor %edx, %edx
	mov $WG_RIGHTS_CONTROLLER, %eax
	wrpkru
	cmp $WG_RIGHTS_CONTROLLER, %eax
	jne 9f
	.endif
.endm

/* clear: registers that the ABI lets everybody use, and that may hold what the
 * code before had. State in %rbx. Where there is no AVX, clear_seldom does it. */
.macro clear_vectors where
	cmpl $WG_SIMD_AVX, WG_T_SIMD(%rbx)
	jb .Lsse_\where
	je 1f
	.irp n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	vpxorq %zmm\n, %zmm\n, %zmm\n
	.endr
	.irp n, 0,1,2,3,4,5,6,7
	kxorw %k\n, %k\n, %k\n
	.endr
1:	vzeroall
.Lcleared_\where:
.endm

.macro clear_seldom where
.Lsse_\where:
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	pxor %xmm\n, %xmm\n
	.endr
	jmp .Lcleared_\where
.endm

.macro gate name, pku

/* struct wg_answer wg_gate_NAME(a, b, c, d, anything, op) */
	.globl wg_gate_\name
	.hidden wg_gate_\name
	.type wg_gate_\name, @function
	.p2align 6
wg_gate_\name:
	.cfi_startproc
	endbr64
	pop %r8
	mov %rdx, %r10
	mov %rcx, %r11
	open_controller \pku
	mov wg_self@gottpoff(%rip), %rcx
	mov %fs:(%rcx), %rcx

/* State in %rcx, not believed; return address, popped, in %r8; c, d in %r10, %r11. */
.Lenter_\name:
	check %rcx, %rax, \pku
	mov WG_T_DEPTH(%rcx), %eax
	shl $WG_FRAME_SHIFT, %rax
	lea WG_T_FRAMES(%rcx,%rax), %rax
	mov %rbx, WG_F_RBX(%rax)
	mov %rbp, WG_F_RBP(%rax)
	mov %r12, WG_F_R12(%rax)
	mov %r13, WG_F_R13(%rax)
	mov %r14, WG_F_R14(%rax)
	mov %r15, WG_F_R15(%rax)
	mov %rsp, WG_F_RSP(%rax)
	mov %r8, WG_F_RIP(%rax)
	stmxcsr WG_F_MXCSR(%rax)
	fnstcw WG_F_FPUCW(%rax)
	ldmxcsr .Lmxcsr(%rip)
	mov %rsi, WG_T_ARGUMENTS(%rcx)
	mov %r10, WG_T_ARGUMENTS+8(%rcx)
	mov %r11, WG_T_ARGUMENTS+16(%rcx)
	mov %rcx, %rbx
	reset enter_\name
	xor %ebp, %ebp
	call wg_trusted

.Lleave_\name:
	/* The controller is done; its answer stands in the state. */
	.if \pku
	mov WG_T_EXPECTED(%rbx), %eax
	xor %ecx, %ecx
	xor %edx, %edx
	wrpkru
	cmp $WG_RIGHTS_OUTSIDE, %eax
	je .Lopened_\name
	.irp key, 3,4,5,6,7,8,9,10,11,12,13,14,15
	cmp $(RIGHTS(\key)), %eax
	je .Lopened_\name
	.endr
	ud2
	.endif
.Lopened_\name:
	check %rbx, %rcx, \pku
	.if \pku
	cmp %eax, WG_T_EXPECTED(%rbx)
	jne 9f
	.endif
	clear_vectors \name
	xor %r8d, %r8d
	xor %r9d, %r9d
	xor %r10d, %r10d
	cmpl $0, WG_T_BEGIN(%rbx)
	jne .Lbegin_\name

	/* Back to where the frame says. */
	mov WG_T_DEPTH(%rbx), %ecx
	shl $WG_FRAME_SHIFT, %rcx
	lea WG_T_FRAMES(%rbx,%rcx), %rcx
	mov WG_T_STATUS(%rbx), %rax
	mov WG_T_RESULT(%rbx), %rdx
	ldmxcsr WG_F_MXCSR(%rcx)
	fldcw WG_F_FPUCW(%rcx)
	mov WG_F_RBX(%rcx), %rbx
	mov WG_F_RBP(%rcx), %rbp
	mov WG_F_R12(%rcx), %r12
	mov WG_F_R13(%rcx), %r13
	mov WG_F_R14(%rcx), %r14
	mov WG_F_R15(%rcx), %r15
	mov WG_F_RSP(%rcx), %rsp
	mov WG_F_RIP(%rcx), %r11
	xor %ecx, %ecx
	xor %esi, %esi
	xor %edi, %edi
	notrack jmp *%r11

	/* Into a registered function, on the target's stack. */
.Lbegin_\name:
	mov WG_T_SP(%rbx), %rsp
	mov WG_T_FUNCTION(%rbx), %rcx
	mov WG_T_ARGUMENTS(%rbx), %rdi
	mov WG_T_ARGUMENTS+8(%rbx), %rsi
	mov WG_T_ARGUMENTS+16(%rbx), %rdx
	xor %eax, %eax
	xor %ebx, %ebx
	xor %ebp, %ebp
	xor %r11d, %r11d
	xor %r12d, %r12d
	xor %r13d, %r13d
	xor %r14d, %r14d
	xor %r15d, %r15d
	.cfi_undefined rip /* an exception ends here: std::terminate */
	call *%rcx
	mov $WG_OP_RETURN, %edi
	mov %rax, %rsi

/* wg_back_NAME(op, a), b in %r10: of code that does not go on and may have no stack. Nothing of it is kept. */
	.globl wg_back_\name
	.hidden wg_back_\name
	.type wg_back_\name, @function
wg_back_\name:
	endbr64
	open_controller \pku
	mov wg_self@gottpoff(%rip), %rcx
	mov %fs:(%rcx), %rcx
	check %rcx, %rax, \pku
	ldmxcsr .Lmxcsr(%rip)
	mov %rcx, %rbx
	reset back_\name
	mov %r10, %rdx
	xor %ebp, %ebp
	call wg_returned
	jmp .Lleave_\name
9:	ud2
	reset_seldom enter_\name
	reset_seldom back_\name
	clear_seldom \name
	.cfi_endproc
	.size wg_gate_\name, . - wg_gate_\name

/* struct wg_answer wg_register_NAME(void): wg_gate(WG_OP_REGISTER) of a thread that has no state yet
 * in wg_self. It finds the one that it has, or takes a free one. */
	.globl wg_register_\name
	.hidden wg_register_\name
	.type wg_register_\name, @function
	.p2align 4
wg_register_\name:
	.cfi_startproc
	endbr64
	pop %r8
	open_controller \pku
	mov $WG_OP_REGISTER, %r9d /* whatever was asked: nothing else is for who has no state */
	.if \pku
	rdfsbase %r10
	.else
	mov %fs:0, %r10
	.endif
	test %r10, %r10
	jz 9f
	mov $WG_MAX_THREADS, %edx
	lea wg_threads(%rip), %rcx
1:	cmp %r10, WG_T_FS(%rcx)
	je .Lenter_\name
	add $WG_SLOT_SIZE, %rcx
	dec %edx
	jnz 1b
	mov $WG_MAX_THREADS, %edx
	lea wg_threads(%rip), %rcx
2:	xor %eax, %eax
	lock cmpxchg %r10, WG_T_FS(%rcx)
	je .Lenter_\name
	add $WG_SLOT_SIZE, %rcx
	dec %edx
	jnz 2b
	.if \pku
	xor %ecx, %ecx
	xor %edx, %edx
	mov $WG_RIGHTS_OUTSIDE, %eax
	wrpkru
	cmp $WG_RIGHTS_OUTSIDE, %eax
	jne 9f
	.endif
	mov $WG_NO_SLOT, %rax
	xor %edx, %edx
	push %r8
	ret
9:	ud2
	.cfi_endproc
	.size wg_register_\name, . - wg_register_\name

/* void wg_unregister_NAME(void): gives the slot of a thread that ends back. */
	.globl wg_unregister_\name
	.hidden wg_unregister_\name
	.type wg_unregister_\name, @function
	.p2align 4
wg_unregister_\name:
	.cfi_startproc
	endbr64
	open_controller \pku
	mov wg_self@gottpoff(%rip), %rcx
	mov %fs:(%rcx), %rcx
	check %rcx, %rax, \pku
	cmpl $0, WG_T_DEPTH(%rcx)
	jne 9f
	movl $0, WG_T_EXPECTED(%rcx)
	movq $0, WG_T_FS(%rcx)
	.if \pku
	xor %ecx, %ecx
	xor %edx, %edx
	mov $WG_RIGHTS_OUTSIDE, %eax
	wrpkru
	cmp $WG_RIGHTS_OUTSIDE, %eax
	jne 9f
	.endif
	ret
9:	ud2
	.cfi_endproc
	.size wg_unregister_\name, . - wg_unregister_\name
.endm

	gate pku, 1
	gate plain, 0
	.globl wg_gate_text_end
	.hidden wg_gate_text_end
wg_gate_text_end:

	.section .rodata
	.p2align 2
.Lmxcsr:
	.long 0x1f80
.Lfpucw:
	.word 0x37f
