@ What stands before C on a Cortex-A9: stack, a flat translation table, caches, and at the end the way out of QEMU.

    .syntax unified
    .arm
    .section .start, "ax"
    .global _start
_start:
    ldr     sp, =stack_top

    @ One entry per megabyte: memory below 0x40000000 is Normal write-back, everything above Device.
    ldr     r0, =table
    ldr     r1, =0x00000c0e         @ section, full access, C and B: write-back
    ldr     r2, =0x00000c06         @ section, full access, B: Device
    mov     r3, #0
1:  cmp     r3, #0x400
    orrlo   r4, r1, r3, lsl #20
    orrhs   r4, r2, r3, lsl #20
    str     r4, [r0, r3, lsl #2]
    add     r3, r3, #1
    cmp     r3, #0x1000
    blo     1b

    mcr     p15, 0, r0, c2, c0, 0   @ TTBR0
    mov     r1, #1
    mcr     p15, 0, r1, c3, c0, 0   @ DACR: domain 0 is a client
    mov     r1, #0
    mcr     p15, 0, r1, c8, c7, 0   @ TLBIALL
    dsb
    isb
    mrc     p15, 0, r1, c1, c0, 0
    ldr     r2, =0x1005             @ MMU, data cache, instruction cache
    orr     r1, r1, r2
    mcr     p15, 0, r1, c1, c0, 0
    isb

    bl      main

    @ Semihosting: SYS_EXIT, "the application has ended" or an error.
    cmp     r0, #0
    ldreq   r1, =0x20026
    ldrne   r1, =0x20023
    mov     r0, #0x18
    svc     #0x123456
2:  b       2b

    .section .bss.table, "aw", %nobits
    .balign 16384
table:
    .space  16384
    .balign 8
    .space  4096
stack_top:
