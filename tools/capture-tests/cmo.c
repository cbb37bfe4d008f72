/*
 * Maintenance of addresses that come about in many ways, each followed by a store to the same address: whether the plugin found
 * the address is so seen in the trace itself. For AArch64 in user emulation, and for A32 on a bare Zynq-7000.
 */
#include <stddef.h>
#include <stdint.h>

struct node {
    struct node *next;
    uint32_t pad[17];
    uint32_t value;
};

static char pool[1 << 16] __attribute__((aligned(64)));
static struct node nodes[40];
static uint32_t table[64];

#ifdef __aarch64__
static inline void maintain(void *place) { __asm__ volatile("dc civac, %0\n\tstrb wzr, [%0]" ::"r"(place) : "memory"); }
#else
static inline void maintain(void *place)
{
    uint32_t zero = 0;
    __asm__ volatile("mcr p15, 0, %0, c7, c14, 1\n\tstrb %1, [%0]" ::"r"(place), "r"(zero) : "memory");
}
#endif

__attribute__((noinline)) static void range(char *start, size_t bytes)
{
    for (char *line = (char *)((uintptr_t)start & ~(uintptr_t)63); line < start + bytes; line += 64) maintain(line);
}

__attribute__((noinline)) static uint32_t recursive(uint32_t depth, char *place)
{
    char local[24];
    local[depth % 24] = (char)depth;
    if (depth == 0) return 0;
    uint32_t below = recursive(depth - 1, place + 8);
    maintain(place + depth);
    return below + (uint32_t)local[depth % 24];
}

static uint32_t state;
__attribute__((noinline)) static uint32_t next(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 3;
}

__attribute__((noinline)) static void through(void (*function)(char *, size_t), char *place) { function(place, 200); }

int main(void)
{
    state = 12345; /* what memory holds from the start is not known to the plugin on a bare machine */
    for (int i = 0; i < 40; i++) {
        nodes[i].next = i ? &nodes[i - 1] : 0;
        nodes[i].value = next();
    }
    for (int i = 0; i < 64; i++) table[i] = next() & 0xFFFF;
    range(pool + 5, 300);
    through(range, pool + 1000);
    recursive(12, pool + 2000);
    for (int i = 0; i < 100; i++) {
        uint32_t x = next();
        maintain(pool + (x >> 4) % sizeof pool);
        maintain(pool + (x & 0xFFC0));
        maintain(pool + table[x % 64]);
        maintain(pool + (x & 1 ? x & 0xFF : x >> 24)); /* a conditional select: not followed */
        recursive(x % 5 + 1, pool + 4096);
    }
    for (struct node *node = &nodes[39]; node; node = node->next) maintain(&node->value);
    return 3;
}
