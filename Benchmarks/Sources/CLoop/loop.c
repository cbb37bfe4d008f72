#include "loop.h"

#include <stdlib.h>
#include <string.h>

struct cache {
    uint64_t *tags; /* line << 1 | dirty, most recent first; all ones: empty */
    unsigned ways;
    uint64_t mask;
};

static int make(struct cache *c, unsigned sets, unsigned ways) {
    c->ways = ways;
    c->mask = sets - 1;
    c->tags = malloc((size_t)sets * ways * sizeof *c->tags);
    if (!c->tags) return -1;
    memset(c->tags, 0xff, (size_t)sets * ways * sizeof *c->tags);
    return 0;
}

/* Uses a line. Returns 0 for a hit; 1 for a miss, with the entry that left in *victim. */
static inline int use(struct cache *c, uint64_t line, unsigned dirty, uint64_t *victim) {
    uint64_t *set = c->tags + (line & c->mask) * c->ways;
    unsigned way = 0;
    while (way < c->ways && set[way] >> 1 != line) way++;
    int miss = way == c->ways;
    uint64_t entry;
    if (miss) {
        way = c->ways - 1;
        *victim = set[way];
        entry = line << 1;
    } else {
        entry = set[way];
    }
    for (; way > 0; way--) set[way] = set[way - 1];
    set[0] = entry | dirty;
    return miss;
}

static inline int is_dirty(uint64_t entry) { return entry != UINT64_MAX && (entry & 1); }

int loop_run(const struct loop_access *accesses, size_t count, unsigned shift, unsigned l1_sets,
             unsigned l1_ways, unsigned l2_sets, unsigned l2_ways, struct loop_counts counts[3]) {
    struct cache l1[2], l2;
    memset(counts, 0, 3 * sizeof *counts);
    memset(l1, 0, sizeof l1);
    memset(&l2, 0, sizeof l2);
    if (make(&l1[0], l1_sets, l1_ways) || make(&l1[1], l1_sets, l1_ways) ||
        make(&l2, l2_sets, l2_ways)) {
        free(l1[0].tags);
        free(l1[1].tags);
        free(l2.tags);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        const struct loop_access *a = &accesses[i];
        unsigned is_data = a->kind != 2;
        unsigned dirty = a->kind == 1;
        uint64_t last = (a->address + a->size - 1) >> shift;
        for (uint64_t line = a->address >> shift; line <= last; line++) {
            uint64_t victim, victim2;
            if (dirty) counts[is_data].writes++; else counts[is_data].reads++;
            if (!use(&l1[is_data], line, dirty, &victim)) continue;
            if (dirty) counts[is_data].write_misses++; else counts[is_data].read_misses++;
            counts[2].reads++;
            if (use(&l2, line, 0, &victim2)) {
                counts[2].read_misses++;
                if (is_dirty(victim2)) counts[2].writebacks++;
            }
            if (is_dirty(victim)) {
                counts[is_data].writebacks++;
                counts[2].writes++;
                if (use(&l2, victim >> 1, 1, &victim2)) {
                    counts[2].write_misses++;
                    if (is_dirty(victim2)) counts[2].writebacks++;
                }
            }
        }
    }
    free(l1[0].tags);
    free(l1[1].tags);
    free(l2.tags);
    return 0;
}
