#ifndef STALELINE_LOOP_H
#define STALELINE_LOOP_H

#include <stddef.h>
#include <stdint.h>

/* One access: the layout of staleline's MemoryAccess. */
struct loop_access {
    uint64_t address;
    uint32_t size;
    uint8_t kind; /* 0 load, 1 store, 2 fetch */
    uint8_t agent, dependent, reserved;
};

/* What the loop counts, for each of L1I, L1D, L2. */
struct loop_counts {
    uint64_t reads, writes, read_misses, write_misses, writebacks;
};

/* A two-level move-to-front LRU hierarchy as one would write it by hand: the yardstick, not a part of the tool.
   Geometry: L1I and L1D of l1_sets x l1_ways, unified L2 of l2_sets x l2_ways, lines of 1 << shift bytes.
   counts[0] L1I, [1] L1D, [2] L2. Returns 0, or -1 without memory. */
int loop_run(const struct loop_access *accesses, size_t count, unsigned shift, unsigned l1_sets,
             unsigned l1_ways, unsigned l2_sets, unsigned l2_ways, struct loop_counts counts[3]);

#endif
