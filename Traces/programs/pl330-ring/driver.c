/*
 * A small driver for the PL330 DMA controller of a Zynq-7000, bare metal: it receives frames into a ring of buffers and
 * sends each one back. Its cache maintenance is wrong in two places, as such code often is; with -DFIXED it is right.
 *
 * QEMU's xilinx-zynq-a9 has the controller, and really moves the bytes; it has no caches, so the program works there.
 */
#include <stdint.h>

#define LINE 32u          /* a line of the Cortex-A9's caches */
#define FRAME 128u        /* bytes of a frame */
#define SLOTS 2u          /* buffers of the ring */
#define FRAMES 4u         /* frames that are received */

#define L2C 0xF8F02000u   /* the controller of the outer cache, an L2C-310 */
#define L2_SYNC 0x730u
#define L2_INV 0x770u
#define L2_CLEAN 0x7B0u

#define DMAC 0xF8003000u
#define INTEN 0x020u
#define INTMIS 0x028u
#define INTCLR 0x02Cu
#define DBGSTATUS 0xD00u
#define DBGCMD 0xD04u
#define DBGINST0 0xD08u
#define DBGINST1 0xD0Cu

static uint8_t wire[FRAME] __attribute__((aligned(64)));         /* what the peer sends */
static uint8_t sent[FRAME] __attribute__((aligned(64)));         /* what the peer gets */
static uint8_t rx_ring[SLOTS][FRAME] __attribute__((aligned(64)));
static uint8_t tx_frame[FRAME] __attribute__((aligned(64)));
static uint8_t microcode[64] __attribute__((aligned(64)));       /* the controller's program */

static void write_l2(uint32_t offset, uint32_t value) { *(volatile uint32_t *)(L2C + offset) = value; }
static void write_register(uint32_t offset, uint32_t value) { *(volatile uint32_t *)(DMAC + offset) = value; }
static uint32_t read_register(uint32_t offset) { return *(volatile uint32_t *)(DMAC + offset); }
static void dsb(void) { __asm__ volatile("dsb sy" ::: "memory"); }

/* For the engine to read what the core wrote: out of the core's cache first, then out of the outer one. */
__attribute__((noinline)) void clean_range(const void *start, uint32_t bytes)
{
    uintptr_t first = (uintptr_t)start & ~(LINE - 1), end = (uintptr_t)start + bytes, line;
#ifndef FIXED
    end -= LINE; /* wrong: the last line stays dirty */
#endif
    for (line = first; line < end; line += LINE)
        __asm__ volatile("mcr p15, 0, %0, c7, c10, 1" ::"r"(line) : "memory"); /* DCCMVAC */
    dsb();
    for (line = first; line < end; line += LINE) write_l2(L2_CLEAN, line);
    write_l2(L2_SYNC, 0);
    dsb();
}

/* For the core to read what the engine wrote: out of the outer cache first, or the core's would be filled from there. */
__attribute__((noinline)) void invalidate_range(const void *start, uint32_t bytes)
{
    uintptr_t first = (uintptr_t)start & ~(LINE - 1), end = (uintptr_t)start + bytes, line;
    for (line = first; line < end; line += LINE) write_l2(L2_INV, line);
    write_l2(L2_SYNC, 0);
    for (line = first; line < end; line += LINE)
        __asm__ volatile("mcr p15, 0, %0, c7, c6, 1" ::"r"(line) : "memory"); /* DCIMVAC */
    dsb();
}

static uint8_t *move(uint8_t *to, uint8_t what, uint32_t value)
{
    *to++ = 0xBC; /* DMAMOV */
    *to++ = what;
    for (int i = 0; i < 4; i++) *to++ = (uint8_t)(value >> 8 * i);
    return to;
}

/* The program of one copy, in bursts of 32 bytes. */
static void write_microcode(uint32_t to, uint32_t from, uint32_t bytes)
{
    const uint32_t half = 1 | 3 << 1 | 3 << 4; /* incrementing, 8 bytes, 4 times */
    uint8_t *code = microcode;
    code = move(code, 0, from);
    code = move(code, 2, to);
    code = move(code, 1, half | half << 14);
    *code++ = 0x20; /* DMALP */
    *code++ = (uint8_t)(bytes / 32 - 1);
    *code++ = 0x04; /* DMALD */
    *code++ = 0x08; /* DMAST */
    *code++ = 0x38; /* DMALPEND */
    *code++ = 2;
    *code++ = 0x13; /* DMAWMB */
    *code++ = 0x34; /* DMASEV 0 */
    *code++ = 0;
    *code++ = 0x00; /* DMAEND */
    clean_range(microcode, sizeof microcode);
}

/* Here the driver knows that the controller is done. */
__attribute__((noinline)) void dma_done(void) { __asm__ volatile("" ::: "memory"); }

static void copy_by_dma(void *to, const void *from, uint32_t bytes)
{
    write_microcode((uint32_t)(uintptr_t)to, (uint32_t)(uintptr_t)from, bytes);
    write_register(INTEN, 1);
    while (read_register(DBGSTATUS) & 1) {}
    write_register(DBGINST0, 0xA0u << 16); /* DMAGO of channel 0 */
    write_register(DBGINST1, (uint32_t)(uintptr_t)microcode);
    write_register(DBGCMD, 0);
    while (!(read_register(INTMIS) & 1)) {}
    write_register(INTCLR, 1);
    dma_done();
}

static uint32_t sum;

/* A frame has come: reads it and writes the answer. */
static void answer(const uint8_t *frame)
{
    for (uint32_t i = 0; i < FRAME; i += 4) {
        uint32_t word = *(const volatile uint32_t *)(frame + i);
        sum += word;
        *(volatile uint32_t *)(tx_frame + i) = word ^ 0xFFFFFFFFu;
    }
}

/* The part that is recorded. */
__attribute__((noinline)) void run(void)
{
    for (uint32_t i = 0; i < FRAMES; i++) {
        uint8_t *slot = rx_ring[i % SLOTS];
        invalidate_range(slot, FRAME); /* what is dirty there must not be written over the frame */
        copy_by_dma(slot, wire, FRAME);
#ifdef FIXED
        invalidate_range(slot, FRAME); /* what was read speculatively meanwhile */
#endif
        answer(slot);
        clean_range(tx_frame, FRAME);
        copy_by_dma(sent, tx_frame, FRAME);
    }
}

__attribute__((noinline)) void stop(void) { __asm__ volatile("" ::: "memory"); }

int main(void)
{
    for (uint32_t i = 0; i < FRAME; i += 4) *(volatile uint32_t *)(wire + i) = i * 0x01010101u;
    for (uintptr_t line = (uintptr_t)wire; line < (uintptr_t)wire + FRAME; line += LINE)
        __asm__ volatile("mcr p15, 0, %0, c7, c10, 1" ::"r"(line) : "memory");
    dsb();
    run();
    stop();
    for (uint32_t i = 0; i < FRAME; i += 4)
        if (*(volatile uint32_t *)(sent + i) != (*(volatile uint32_t *)(wire + i) ^ 0xFFFFFFFFu)) return 1;
    return 0;
}
