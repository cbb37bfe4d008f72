/* A receive path as small as can be: what the fixtures beside this file are made of. README.md has the commands. */
struct descriptor {
    unsigned address, status;
};

struct descriptor rx_ring[8] __attribute__((aligned(64)));
static unsigned char rx_pool[2][256] __attribute__((aligned(64)));
volatile unsigned received = 1;

static inline __attribute__((always_inline)) void refill(unsigned slot)
{
    rx_ring[slot].address = (unsigned)(unsigned long)rx_pool[slot & 1];
    rx_ring[slot].status = 1;
}

__attribute__((noinline)) unsigned poll_ring(unsigned slot)
{
    unsigned first = *(volatile unsigned char *)rx_pool[slot & 1];
    refill(slot);
    received += first;
    return first;
}

void _start(void)
{
    for (unsigned slot = 0; slot < 8; slot++)
        poll_ring(slot);
}
