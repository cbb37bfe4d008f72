/* What an instruction means to a trace: barriers, maintenance, exclusive and ordered accesses. */
#ifndef DECODE_H
#define DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum mode { MODE_A64, MODE_A32, MODE_T32 };

enum meaning {
    MEANING_NONE,
    MEANING_BARRIER,     /* detail: instruction, domain, accesses */
    MEANING_BY_ADDRESS,  /* detail: instruction of maintenance; reg */
    MEANING_BY_SET,      /* detail: the same, of one line by set and way; reg */
    MEANING_WHOLE,       /* detail: the same, of all lines at once */
    MEANING_HINT         /* a prefetch hint, whose address no callback tells */
};

/* How an instruction's accesses are made. */
enum ordering { ORDER_PLAIN, ORDER_EXCLUSIVE, ORDER_ACQUIRE_RELEASE, ORDER_ATOMIC };

struct decoded {
    uint8_t meaning, detail, domain, accesses, reg, ordering;
};

/* The opcode of a T32 instruction of four bytes has its first halfword on top; one of two bytes is the halfword. */
struct decoded decode(enum mode mode, uint32_t opcode, unsigned size);

#endif
