/*
 * Follows what general registers hold, for QEMU before 10 shows a plugin none.
 *
 * A register is known or not; it is never guessed. It becomes known from constants, from arithmetic on known registers, from
 * the address of an access whose base it is, and from loads: in user emulation of the memory itself, otherwise of words that
 * were stored from known registers or lie beside code. Whatever is not understood makes its result, or all registers, unknown. T32 is not followed: all is forgotten there.
 * Each address that the registers tell is compared with the one that QEMU reports; a difference is counted, and all is
 * forgotten.
 */
#ifndef TRACKER_H
#define TRACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "decode.h"

struct tracker {
    enum mode mode;
    bool is_system;
    uint64_t value[32]; /* 31: SP of AArch64 */
    uint32_t known;     /* a bit for each register */

    /* The instruction that is being executed. */
    uint64_t pc;
    uint64_t next;      /* where execution goes on if nothing interferes; 0: a branch, anywhere */
    int base;           /* the register its accesses start from; -1: none or not known to us */
    uint64_t base_offset, base_change;
    bool base_was_known;
    uint64_t base_value;
    bool is_load, is_signed;
    bool is_deferred;   /* only an access shows that it was executed: then its effects follow */
    uint8_t data[16];   /* registers that its accesses move, in order; 255: none of ours */
    uint8_t data_count, element;
    unsigned accesses;
    bool was_interrupted; /* something else was executed before it */

    uint64_t cache_type; /* what CTR reads, if the user says so */
    bool has_cache_type;

    uint64_t checks, contradictions;
};

/* A table of words in memory whose contents are known. */
struct shadow;
struct shadow *shadow_make(void);
/* In user emulation all of the program's memory can be read, from this address of the host's on. */
void shadow_guest(struct shadow *shadow, uint64_t base);
/* Says where bytes of a page are for the host, as an instruction's translation shows. */
void shadow_page(struct shadow *shadow, uint64_t address, const void *host);
/* Whoever is not seen may have written anywhere: a system call, a device. */
void shadow_forget_all(struct shadow *shadow);
/* A device or another unknown agent wrote: what was stored there is not known any more. */
void shadow_forget(struct shadow *shadow, uint64_t address, uint64_t bytes);

/* An instruction is about to be executed: all before it are complete. */
void tracker_execute(struct tracker *tracker, uint64_t pc, uint32_t opcode, unsigned size);
/* The instruction that tracker_execute was told last made an access. */
void tracker_access(struct tracker *tracker, struct shadow *shadow, uint64_t address, unsigned size, bool is_store);
/* What a register holds before the instruction that is executed next; false: not known. */
bool tracker_read(const struct tracker *tracker, unsigned reg, uint64_t *value);
/* What the store of one register writes that is being executed; false: not known, or no such store. */
bool tracker_stored(const struct tracker *tracker, uint64_t *value);
/* Another program counter than the last instruction leads to is normal: says that nothing is known. */
void tracker_forget(struct tracker *tracker);

#endif
