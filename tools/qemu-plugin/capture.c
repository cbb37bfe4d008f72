/*
 * A TCG plugin that records what a program does to memory as a native trace of staleline's, version 2 (.sltb).
 *
 *   qemu-arm -plugin libstaleline-capture.so,out=t.sltb program
 *
 * Its options are in docs/capture.md. What cannot be known is counted, and marked in the trace; nothing is guessed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "decode.h"
#include "plugin_api.h"
#include "sltb.h"
#include "tracker.h"

enum { CORES = 8, VCPUS = 4096, BUCKETS = 1 << 16, DEVICES = 16, PAGES = 256, HOOKS = 64 };

int qemu_plugin_version = 1;

/* An instruction as it was translated. */
struct insn {
    uint64_t pc;
    struct insn *next;
    uint32_t opcode;
    uint8_t size, mode, load_kind, store_kind;
    bool is_atomic;
    bool is_call; /* of the system, which may write to the program's memory */
    uint8_t hook; /* its number + 1 */
    struct decoded what;
};

struct hook {
    uint64_t pc;
    char name[64];
    int wait; /* a device's number; -1: a call that is marked */
};

struct device {
    char name[64];
    uint64_t start, size;
    unsigned symbol;
};

struct vcpu {
    struct tracker tracker;
    unsigned core;
    unsigned set_run; /* the maintenance by set and way that goes on, + 1 */
    const struct insn *current;
    struct qemu_plugin_register *registers[32];
};

static struct {
    struct sltb *trace;
    char *summary;
    bool is_system, is_a64, tracks, has_fetches, has_data, is_recording, is_off;
    uint64_t shadow_from;
    uint64_t start, stop, limit;
    bool has_start, has_stop;
    unsigned interface;
    struct vcpu *vcpus[VCPUS];
    unsigned vcpu_count;
    struct shadow *shadow;
    struct insn *insns[BUCKETS];
    struct hook hooks[HOOKS];
    unsigned hook_count;
    struct device devices[DEVICES];
    unsigned device_count;
    uint64_t pages[PAGES];
    unsigned page_count;
    uint64_t guest_base;
    bool has_guest_base;
    bool thumb_pages[1 << 16], arm_pages[1 << 16];

    /* The registers of an outer cache's controller, an L2C-310. */
    uint64_t outer;
    bool has_outer;

    uint64_t cache_type;
    bool has_cache_type;

    /* QEMU's own log of a DMA engine. */
    int log;
    int log_device;
    char line[512];
    size_t line_count;

    struct {
        uint64_t fetches, loads, stores, barriers, maintenance, unknown_address, by_set, set_statements, hints, io;
        uint64_t device_operations, waits, calls, unknown_arguments, known_arguments, dropped, ambiguous, folded;
    } count;
} capture;

static atomic_flag busy = ATOMIC_FLAG_INIT;

static void enter(void)
{
    while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
        ;
}

static void leave(void) { atomic_flag_clear_explicit(&busy, memory_order_release); }

/* ---- Registers, where QEMU shows them ---- */

static struct plugin_array *(*new_bytes)(void);
static struct plugin_array *(*set_size)(struct plugin_array *bytes, unsigned size);

static bool shows_registers(void) { return qemu_plugin_get_registers && qemu_plugin_read_register && new_bytes && set_size; }

static void find_registers(struct vcpu *vcpu)
{
    if (!shows_registers()) return;
    struct plugin_array *list = qemu_plugin_get_registers();
    if (!list) return;
    const qemu_plugin_reg_descriptor *entries = (const void *)list->data;
    for (unsigned i = 0; i < list->length; i++) {
        const char *name = entries[i].name;
        char *end;
        if (name[0] != (capture.is_a64 ? 'x' : 'r')) continue;
        unsigned long number = strtoul(name + 1, &end, 10);
        if (*end == 0 && end != name + 1 && number < 31) vcpu->registers[number] = entries[i].handle;
    }
}

/* What a register holds before the current instruction; false: it cannot be known. */
static bool read_register(struct vcpu *vcpu, unsigned reg, uint64_t *value)
{
    static struct plugin_array *bytes;
    if (capture.is_a64 && reg == 31) {
        *value = 0;
        return true;
    }
    if (shows_registers() && vcpu->registers[reg]) {
        if (!bytes) bytes = new_bytes();
        set_size(bytes, 0);
        int size = qemu_plugin_read_register(vcpu->registers[reg], bytes);
        if (size == 4 || size == 8) {
            *value = 0;
            memcpy(value, bytes->data, (size_t)size);
            return true;
        }
    }
    return capture.tracks && tracker_read(&vcpu->tracker, reg, value);
}

/* ---- The log of a DMA engine ---- */

/* A line of QEMU's trace backend "log" about the PL330: its loads and stores are the device's reads and writes. */
static void take_line(const char *line)
{
    unsigned channel, size, count;
    uint64_t address;
    char mode = 'Y';
    const char *load = strstr(line, "pl330_dmald "), *store = strstr(line, "pl330_dmast ");
    const char *event = load ? load : store;
    if (!event || !capture.is_recording) return;
    if (sscanf(event, load ? "pl330_dmald channel:%u address:0x%" SCNx64 " size:0x%x num:%u%c"
                           : "pl330_dmast channel:%u address:0x%" SCNx64 " size:0x%x num:%u %c",
               &channel, &address, &size, &count, &mode) < 4)
        return;
    uint64_t bytes = (uint64_t)size * (mode == 'N' ? 1 : count);
    if (bytes == 0) return;
    sltb_device(capture.trace, (unsigned)capture.log_device, load ? 0 : 1, address, bytes);
    if (store && capture.shadow) shadow_forget(capture.shadow, address, bytes);
    capture.count.device_operations++;
}

static void follow_log(void)
{
    char piece[4096];
    ssize_t count;
    if (capture.log < 0) return;
    while ((count = read(capture.log, piece, sizeof piece)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            if (piece[i] == '\n') {
                capture.line[capture.line_count] = 0;
                take_line(capture.line);
                capture.line_count = 0;
            } else if (capture.line_count + 1 < sizeof capture.line) {
                capture.line[capture.line_count++] = piece[i];
            }
        }
    }
}

/* ---- Execution ---- */

static void mark_unknown(const struct insn *insn, const char *what)
{
    char text[128];
    snprintf(text, sizeof text, "capture: %s at pc 0x%" PRIx64 ", address not known", what, insn->pc);
    sltb_mark(capture.trace, text);
}

static void maintain(struct vcpu *vcpu, const struct insn *insn)
{
    static const char *const names[] = {"dc cvac", "dc civac", "dc ivac", "dc cvau", "dc zva", "dc csw",
                                        "dc cisw", "dc isw", "ic ivau", "ic iallu"};
    uint64_t value = 0;
    bool known;
    switch (insn->what.meaning) {
    case MEANING_BY_ADDRESS:
        vcpu->set_run = 0;
        known = read_register(vcpu, insn->what.reg, &value) && value != UINT64_MAX;
        if (insn->what.detail == SLTB_DC_ZVA && capture.shadow) {
            /* It writes up to 2 KiB, which no callback tells. */
            if (known) shadow_forget(capture.shadow, value & ~2047ull, 2048);
            else shadow_forget_all(capture.shadow);
        }
        if (!known) {
            capture.count.unknown_address++;
            mark_unknown(insn, names[insn->what.detail]);
            return;
        }
        sltb_next_pc(capture.trace, insn->pc);
        sltb_maintenance(capture.trace, vcpu->core, insn->what.detail, value, 0);
        break;
    case MEANING_BY_SET: {
        /* The format knows whole caches: a loop over sets and ways of one level is one statement. */
        known = read_register(vcpu, insn->what.reg, &value);
        unsigned level = known ? (unsigned)(value >> 1 & 7) + 1 : 0;
        unsigned run = (insn->what.detail << 4 | level) + 1;
        capture.count.by_set++;
        if (run == vcpu->set_run || level > 7) return;
        vcpu->set_run = run;
        capture.count.set_statements++;
        sltb_next_pc(capture.trace, insn->pc);
        sltb_maintenance_all(capture.trace, vcpu->core, insn->what.detail, level);
        return;
    }
    default:
        vcpu->set_run = 0;
        sltb_next_pc(capture.trace, insn->pc);
        sltb_maintenance_all(capture.trace, vcpu->core, insn->what.detail, 0);
    }
    capture.count.maintenance++;
}

/* A function that the user asked for is entered. */
static void call(struct vcpu *vcpu, const struct hook *hook)
{
    if (hook->wait >= 0) {
        follow_log();
        sltb_wait(capture.trace, vcpu->core, (unsigned)hook->wait);
        capture.count.waits++;
        return;
    }
    /* The first arguments by the procedure call standards: r0 to r3, x0 to x7. Those on the stack are not looked for. */
    char text[320];
    int used = snprintf(text, sizeof text, "call %s(", hook->name);
    for (unsigned i = 0; i < (capture.is_a64 ? 8u : 4u); i++) {
        uint64_t value;
        bool known = read_register(vcpu, i, &value);
        capture.count.known_arguments += known;
        capture.count.unknown_arguments += !known;
        used += known ? snprintf(text + used, sizeof text - (size_t)used, "%s0x%" PRIx64, i ? ", " : "", value)
                      : snprintf(text + used, sizeof text - (size_t)used, "%s?", i ? ", " : "");
    }
    snprintf(text + used, sizeof text - (size_t)used, ")");
    sltb_mark(capture.trace, text);
    capture.count.calls++;
}

static void execute(unsigned int index, void *data)
{
    const struct insn *insn = data;
    struct vcpu *vcpu = capture.vcpus[index];
    if (capture.is_off) return;
    enter();
    if (capture.has_start && insn->pc == capture.start) capture.is_recording = true;
    if (capture.has_stop && insn->pc == capture.stop) capture.is_recording = false;
    if (capture.limit && sltb_count(capture.trace) >= capture.limit) capture.is_recording = false;
    follow_log();
    vcpu->current = insn;
    if (capture.is_recording) {
        if (capture.has_fetches) {
            sltb_access(capture.trace, vcpu->core, SLTB_FETCH, insn->pc, insn->size);
            capture.count.fetches++;
        }
        if (insn->hook) call(vcpu, &capture.hooks[insn->hook - 1]);
        switch (insn->what.meaning) {
        case MEANING_NONE: break;
        case MEANING_HINT: capture.count.hints++; break;
        case MEANING_BARRIER:
            vcpu->set_run = 0;
            sltb_next_pc(capture.trace, insn->pc);
            sltb_barrier(capture.trace, vcpu->core, insn->what.detail, insn->what.domain, insn->what.accesses);
            capture.count.barriers++;
            break;
        default: maintain(vcpu, insn);
        }
    } else {
        capture.count.dropped++;
    }
    if (capture.tracks) {
        vcpu->tracker.mode = insn->mode;
        tracker_execute(&vcpu->tracker, insn->pc, insn->opcode, insn->size);
        if (insn->is_call || (vcpu->tracker.was_interrupted && !capture.is_system)) shadow_forget_all(capture.shadow);
    }
    leave();
}

static void find_region(uint64_t address, const struct qemu_plugin_hwaddr *place)
{
    uint64_t page = address & ~0xFFFull;
    for (unsigned i = 0; i < capture.page_count; i++)
        if (capture.pages[i] == page) return;
    if (capture.page_count == PAGES) return;
    capture.pages[capture.page_count++] = page;
    for (unsigned i = 0; i < capture.device_count; i++)
        if (page >= (capture.devices[i].start & ~0xFFFull) && page < capture.devices[i].start + capture.devices[i].size)
            return;
    const char *name = qemu_plugin_hwaddr_device_name(place);
    char text[96];
    size_t count = 0;
    /* "anon" and a host's address, where QEMU has no name: another one in each run. */
    if (name && strncmp(name, "anon", 4) == 0) name = NULL;
    for (; name && *name && count < 60; name++) {
        bool is_letter = (*name | 32) >= 'a' && (*name | 32) <= 'z';
        bool is_digit = *name >= '0' && *name <= '9';
        if (count == 0 && !is_letter) text[count++] = '_';
        text[count++] = is_letter || is_digit || *name == '.' || *name == '-' || *name == '_' ? *name : '_';
    }
    /* The address makes it unlike any other. */
    snprintf(text + count, sizeof text - count, "%s%" PRIx64, count ? "_" : "io_", page);
    sltb_declare_region(capture.trace, text, page, 0x1000);
}

/*
 * A store to the controller of an outer cache (L2C-310, ARM DDI 0246, "Cache Maintenance Operations"): what it does is in
 * the offset, the address in what is stored. False: it is none of these operations.
 */
static bool maintain_outer(struct vcpu *vcpu, const struct insn *insn, uint64_t offset)
{
    static const struct {
        uint16_t offset;
        uint8_t instruction;
        bool by_address;
        const char *name;
    } operations[] = {{0x730, SLTB_L2_SYNC, false, "l2 sync"},       {0x770, SLTB_L2_INV, true, "l2 inv"},
                      {0x77C, SLTB_L2_INV_WAY, false, "l2 invway"},  {0x7B0, SLTB_L2_CLEAN, true, "l2 clean"},
                      {0x7F0, SLTB_L2_FLUSH, true, "l2 flush"},      {0x7FC, SLTB_L2_FLUSH_WAY, false, "l2 flushway"}};
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        uint64_t value = 0;
        if (operations[i].offset != offset) continue;
        vcpu->set_run = 0;
        if (operations[i].by_address && !(capture.tracks && tracker_stored(&vcpu->tracker, &value))) {
            capture.count.unknown_address++;
            mark_unknown(insn, operations[i].name);
            return true;
        }
        sltb_next_pc(capture.trace, insn->pc);
        if (operations[i].by_address)
            sltb_maintenance(capture.trace, vcpu->core, operations[i].instruction, value & ~31ull, 32);
        else sltb_maintenance_all(capture.trace, vcpu->core, operations[i].instruction, 0);
        capture.count.maintenance++;
        return true;
    }
    return false;
}

static void record_access(struct vcpu *vcpu, const struct insn *insn, qemu_plugin_meminfo_t info, uint64_t address,
                          unsigned size, bool is_store)
{
    if (capture.is_system) {
        const struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(info, address);
        if (place && qemu_plugin_hwaddr_is_io(place)) {
            capture.count.io++;
            if (capture.shadow) shadow_forget_all(capture.shadow);
            find_region(address, place);
            if (capture.has_outer && is_store && address - capture.outer < 0x1000
                && maintain_outer(vcpu, insn, address - capture.outer))
                return;
            for (unsigned i = 0; i < capture.device_count; i++) {
                if (address - capture.devices[i].start >= capture.devices[i].size || size != 4) continue;
                /* What the engine did before is before it in the trace. */
                sltb_next_pc(capture.trace, insn->pc);
                sltb_accessor(capture.trace, vcpu->core, is_store, i, capture.devices[i].symbol, address);
                return;
            }
        }
    }
    if (!capture.has_data) return;
    if (insn->is_atomic && is_store) {
        sltb_access(capture.trace, vcpu->core, SLTB_LOAD_EXCLUSIVE, address, size);
        capture.count.loads++;
    }
    sltb_access(capture.trace, vcpu->core, is_store ? insn->store_kind : insn->load_kind, address, size);
    if (is_store) capture.count.stores++;
    else capture.count.loads++;
}

static void access_memory(unsigned int index, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    const struct insn *insn = data;
    struct vcpu *vcpu = capture.vcpus[index];
    if (capture.is_off) return;
    bool is_store = qemu_plugin_mem_is_store(info);
    unsigned size = 1u << qemu_plugin_mem_size_shift(info);
    enter();
    /* A write to a register that starts the engine comes before what the engine does. */
    if (capture.is_recording) record_access(vcpu, insn, info, address, size, is_store);
    else capture.count.dropped++;
    follow_log();
    if (capture.tracks && vcpu->current == insn) {
        if (address >= capture.shadow_from || !capture.is_system)
            tracker_access(&vcpu->tracker, capture.shadow, address, size, is_store);
    }
    leave();
}

/* ---- Translation ---- */

static uint32_t opcode_of(const struct qemu_plugin_insn *insn, unsigned size)
{
    uint32_t word = 0;
    uint16_t half = 0;
    union {
        void (*any)(void);
        plugin_insn_data_old old;
        plugin_insn_data_new new;
    } take = {qemu_plugin_insn_data};
    uint8_t bytes[4] = {0};
    if (capture.interface >= 3) take.new(insn, bytes, size < 4 ? size : 4);
    else memcpy(bytes, take.old(insn), size < 4 ? size : 4);
    if (size == 2) {
        memcpy(&half, bytes, 2);
        return half;
    }
    memcpy(&word, bytes, 4);
    return word;
}

/* Whether a block of 32-bit Arm code is T32, which the interface does not say. */
static enum mode mode_of(struct qemu_plugin_tb *tb, size_t count)
{
    if (capture.is_a64) return MODE_A64;
    bool may_be_thumb = true;
    uint64_t pc = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    unsigned page = (unsigned)(pc >> 12) & 0xFFFF;
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        if (qemu_plugin_insn_size(insn) == 2 || (qemu_plugin_insn_vaddr(insn) & 2)) {
            capture.thumb_pages[page] = true;
            return MODE_T32;
        }
        /* The first halfword of a T32 instruction of four bytes begins with 11101, 11110 or 11111. */
        if ((opcode_of(insn, 4) >> 11 & 31) < 29) may_be_thumb = false;
    }
    if (!may_be_thumb) {
        capture.arm_pages[page] = true;
        return MODE_A32;
    }
    /* The page's other blocks decide; a page that has both, or none yet, the condition that compilers give A32. */
    if (capture.thumb_pages[page] != capture.arm_pages[page]) return capture.thumb_pages[page] ? MODE_T32 : MODE_A32;
    capture.count.ambiguous++;
    for (size_t i = 0; i < count; i++)
        if (opcode_of(qemu_plugin_tb_get_insn(tb, i), 4) >> 28 != 14) return MODE_T32;
    return MODE_A32;
}

static struct insn *remember(uint64_t pc, uint32_t opcode, unsigned size, enum mode mode)
{
    unsigned bucket = (unsigned)((pc >> 1) ^ (pc >> 17)) & (BUCKETS - 1);
    for (struct insn *known = capture.insns[bucket]; known; known = known->next)
        if (known->pc == pc && known->opcode == opcode && known->size == size && known->mode == mode) return known;
    struct insn *insn = calloc(1, sizeof *insn);
    if (!insn) abort();
    insn->pc = pc;
    insn->opcode = opcode;
    insn->size = (uint8_t)size;
    insn->mode = (uint8_t)mode;
    insn->what = decode(mode, opcode, size);
    insn->load_kind = SLTB_LOAD;
    insn->store_kind = SLTB_STORE;
    insn->is_call = mode == MODE_A64 ? (opcode & 0xFFE0001F) == 0xD4000001 : (opcode & 0x0F000000) == 0x0F000000;
    switch (insn->what.ordering) {
    case ORDER_ATOMIC:
        insn->is_atomic = true;
        /* fall through */
    case ORDER_EXCLUSIVE:
        insn->load_kind = SLTB_LOAD_EXCLUSIVE;
        insn->store_kind = SLTB_STORE_EXCLUSIVE;
        break;
    case ORDER_ACQUIRE_RELEASE:
        insn->load_kind = SLTB_LOAD_ACQUIRE;
        insn->store_kind = SLTB_STORE_RELEASE;
        break;
    }
    for (unsigned i = 0; i < capture.hook_count; i++)
        if (capture.hooks[i].pc == pc) insn->hook = (uint8_t)(i + 1);
    insn->next = capture.insns[bucket];
    capture.insns[bucket] = insn;
    return insn;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    if (capture.is_off) return;
    size_t count = qemu_plugin_tb_n_insns(tb);
    if (count == 0) return;
    enum qemu_plugin_cb_flags flags = shows_registers() ? QEMU_PLUGIN_CB_R_REGS : QEMU_PLUGIN_CB_NO_REGS;
    enter();
    enum mode mode = mode_of(tb, count);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        unsigned size = (unsigned)qemu_plugin_insn_size(insn);
        uint64_t pc = qemu_plugin_insn_vaddr(insn);
        uint32_t opcode = opcode_of(insn, size);
        if (mode == MODE_T32 && size == 4) opcode = opcode << 16 | opcode >> 16;
        void *host = qemu_plugin_insn_haddr(insn);
        if (host && !capture.is_system) {
            capture.guest_base = (uint64_t)(uintptr_t)host - pc;
            capture.has_guest_base = true;
            if (capture.shadow) shadow_guest(capture.shadow, capture.guest_base);
        }
        if (host && capture.shadow) shadow_page(capture.shadow, pc, host);
        struct insn *info = remember(pc, opcode, size, mode);
        qemu_plugin_register_vcpu_insn_exec_cb(insn, execute, flags, info);
        qemu_plugin_register_vcpu_mem_cb(insn, access_memory, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, info);
    }
    leave();
}

static void start_vcpu(qemu_plugin_id_t id, unsigned int index)
{
    (void)id;
    if (index >= VCPUS) abort();
    enter();
    if (!capture.vcpus[index]) {
        struct vcpu *vcpu = calloc(1, sizeof *vcpu);
        if (!vcpu) abort();
        vcpu->core = index % CORES;
        vcpu->tracker.is_system = capture.is_system;
        vcpu->tracker.base = -1;
        vcpu->tracker.cache_type = capture.cache_type;
        vcpu->tracker.has_cache_type = capture.has_cache_type;
        capture.vcpus[index] = vcpu;
        if (index + 1 > capture.vcpu_count) capture.vcpu_count = index + 1;
        if (index >= CORES) capture.count.folded++;
    }
    leave();
    find_registers(capture.vcpus[index]);
}

/* ---- The end ---- */

/* The files that a program of user emulation has in memory, with what is to be added to their addresses. */
static void list_files(FILE *summary)
{
    FILE *maps = capture.has_guest_base ? fopen("/proc/self/maps", "r") : NULL;
    char line[4352], path[4096];
    uint64_t low, high, offset;
    if (!maps) return;
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %4095[^\n]", &low, &high, &offset, path) != 4)
            continue;
        uint64_t address = low - capture.guest_base;
        if (offset != 0 || path[0] != '/' || low < capture.guest_base || (!capture.is_a64 && address >> 32)) continue;
        fprintf(summary, "file 0x%" PRIx64 " %s\n", address, path);
    }
    fclose(maps);
}

static void finish(qemu_plugin_id_t id, void *data)
{
    (void)id, (void)data;
    if (capture.is_off) return;
    enter();
    follow_log();
    capture.is_off = true;
    uint64_t bytes = 0, records = sltb_count(capture.trace), checks = 0, contradictions = 0;
    int error = sltb_close(capture.trace, &bytes);
    for (unsigned i = 0; i < capture.vcpu_count; i++) {
        if (!capture.vcpus[i]) continue;
        checks += capture.vcpus[i]->tracker.checks;
        contradictions += capture.vcpus[i]->tracker.contradictions;
    }
    FILE *summary = capture.summary ? fopen(capture.summary, "w") : NULL;
    if (summary) {
        const struct {
            const char *name;
            uint64_t value;
        } lines[] = {{"records", records},
                     {"bytes", bytes},
                     {"fetches", capture.count.fetches},
                     {"loads", capture.count.loads},
                     {"stores", capture.count.stores},
                     {"barriers", capture.count.barriers},
                     {"maintenance", capture.count.maintenance},
                     {"unknownAddresses", capture.count.unknown_address},
                     {"bySetAndWay", capture.count.by_set},
                     {"setAndWayStatements", capture.count.set_statements},
                     {"hintsLeftOut", capture.count.hints},
                     {"deviceAccesses", capture.count.io},
                     {"deviceRegions", capture.page_count},
                     {"deviceOperations", capture.count.device_operations},
                     {"waits", capture.count.waits},
                     {"calls", capture.count.calls},
                     {"knownArguments", capture.count.known_arguments},
                     {"unknownArguments", capture.count.unknown_arguments},
                     {"outsideWindow", capture.count.dropped},
                     {"vcpus", capture.vcpu_count},
                     {"foldedVcpus", capture.count.folded},
                     {"ambiguousBlocks", capture.count.ambiguous},
                     {"registersShown", shows_registers()},
                     {"registersTracked", capture.tracks},
                     {"trackerChecks", checks},
                     {"trackerContradictions", contradictions},
                     {"error", (uint64_t)error}};
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
            fprintf(summary, "%s %" PRIu64 "\n", lines[i].name, lines[i].value);
        list_files(summary);
        fclose(summary);
    }
    if (error) fprintf(stderr, "staleline-capture: the trace could not be written: %s\n", strerror(error));
    leave();
}

/* ---- The start ---- */

static int refuse(const char *argument, const char *expected)
{
    fprintf(stderr, "staleline-capture: %s: expected %s\n", argument, expected);
    return -1;
}

static bool parse_number(const char *text, char **end, uint64_t *value)
{
    errno = 0;
    *value = strtoull(text, end, 0);
    return *end != text && errno == 0;
}

static int find_device(const char *name)
{
    for (unsigned i = 0; i < capture.device_count; i++)
        if (strcmp(capture.devices[i].name, name) == 0) return (int)i;
    return -1;
}

/* Takes the name before a colon, of 1 to 63 bytes. Returns what follows the colon; null: there is no such name. */
static const char *take_name(const char *text, char name[64])
{
    const char *colon = strchr(text, ':');
    size_t count = colon ? (size_t)(colon - text) : 0;
    if (count == 0 || count >= 64) return NULL;
    memcpy(name, text, count);
    name[count] = 0;
    return colon + 1;
}

static int parse_device(const char *value)
{
    char *end;
    struct device *device = &capture.devices[capture.device_count];
    if (capture.device_count == DEVICES) return refuse(value, "at most 16 devices");
    const char *place = take_name(value, device->name);
    if (!place || !parse_number(place, &end, &device->start) || *end != ':'
        || !parse_number(end + 1, &end, &device->size) || *end || device->size == 0)
        return refuse(value, "device=NAME:ADDRESS:SIZE");
    capture.device_count++;
    return 0;
}

static int parse_log(const char *value)
{
    char name[64];
    const char *path = take_name(value, name);
    if (!path) return refuse(value, "log=DEVICE:FILE");
    capture.log_device = find_device(name);
    if (capture.log_device < 0) return refuse(value, "a device that device= named before");
    capture.log = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0666);
    return capture.log < 0 ? refuse(path, "a readable file") : 0;
}

/* `ADDRESS:NAME`: a function, or the device for which it waits. */
static int parse_hook(const char *value, bool is_wait)
{
    char *end;
    uint64_t number;
    if (capture.hook_count == HOOKS || !parse_number(value, &end, &number) || *end != ':' || !end[1]
        || strlen(end + 1) >= sizeof capture.hooks[0].name)
        return refuse(value, "ADDRESS:NAME, at most 64");
    struct hook *hook = &capture.hooks[capture.hook_count++];
    hook->pc = number & ~(capture.is_a64 ? 0ull : 1ull);
    strcpy(hook->name, end + 1);
    hook->wait = is_wait ? find_device(end + 1) : -1;
    return is_wait && hook->wait < 0 ? refuse(value, "a device that device= named before") : 0;
}

static int parse_flag(const char *argument, const char *value, bool *flag)
{
    *flag = strcmp(value, "on") == 0;
    return *flag || strcmp(value, "off") == 0 ? 0 : refuse(argument, "on or off");
}

/* Who started QEMU to record: its death, even by SIGKILL, ends QEMU. */
static int end_with(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return refuse("parent", "a kernel that knows PR_SET_PDEATHSIG");
    return getppid() == parent ? 0 : refuse("another parent", "the process of parent=");
}

static int parse(const char *argument, const char **out, const char **machine)
{
    char key[32] = {0};
    const char *equals = strchr(argument, '=');
    char *end;
    if (!equals || equals == argument || (size_t)(equals - argument) >= sizeof key)
        return refuse(argument, "KEY=VALUE");
    memcpy(key, argument, (size_t)(equals - argument));
    const char *value = equals + 1;
    if (strcmp(key, "out") == 0) *out = value;
    else if (strcmp(key, "machine") == 0) *machine = value;
    else if (strcmp(key, "summary") == 0) capture.summary = strdup(value);
    else if (strcmp(key, "fetches") == 0) return parse_flag(argument, value, &capture.has_fetches);
    else if (strcmp(key, "data") == 0) return parse_flag(argument, value, &capture.has_data);
    else if (strcmp(key, "track") == 0) return parse_flag(argument, value, &capture.tracks);
    else if (strcmp(key, "device") == 0) return parse_device(value);
    else if (strcmp(key, "log") == 0) return parse_log(value);
    else if (strcmp(key, "hook") == 0) return parse_hook(value, false);
    else if (strcmp(key, "wait") == 0) return parse_hook(value, true);
    else {
        uint64_t number;
        if (!parse_number(value, &end, &number) || *end) return refuse(argument, "a known key and a number");
        if (strcmp(key, "start") == 0) capture.start = number, capture.has_start = true;
        else if (strcmp(key, "stop") == 0) capture.stop = number, capture.has_stop = true;
        else if (strcmp(key, "limit") == 0) capture.limit = number;
        else if (strcmp(key, "shadow_from") == 0) capture.shadow_from = number;
        else if (strcmp(key, "ctr") == 0) capture.cache_type = number, capture.has_cache_type = true;
        else if (strcmp(key, "parent") == 0) return end_with((pid_t)number);
        else if (strcmp(key, "l2c310") == 0) capture.outer = number, capture.has_outer = true;
        else return refuse(argument, "out, machine, summary, fetches, data, track, device, log, hook, wait, start, "
                                     "stop, limit, parent, l2c310, ctr or shadow_from");
    }
    return 0;
}

/* The child of a fork must not write into its parent's trace. */
static void be_off(void) { capture.is_off = true; }

/* QEMU reads the version after this: since 8.2 it wants at least 2. */
__attribute__((constructor)) static void choose_version(void)
{
    if (qemu_plugin_read_register) qemu_plugin_version = 4;
    else if (dlsym(RTLD_DEFAULT, "qemu_plugin_num_vcpus")) qemu_plugin_version = 2;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    const char *out = NULL, *machine = NULL;
    capture.is_system = info->system_emulation;
    capture.is_a64 = strcmp(info->target_name, "aarch64") == 0;
    capture.tracks = capture.is_system;
    capture.has_fetches = capture.has_data = true;
    capture.interface = (unsigned)qemu_plugin_version;
    capture.log = -1;
    if (!capture.is_a64 && strcmp(info->target_name, "arm") != 0)
        return refuse(info->target_name, "qemu-arm, qemu-aarch64, or the same with system");
    for (int i = 0; i < argc; i++)
        if (parse(argv[i], &out, &machine)) return -1;
    if (!out) return refuse("no out=", "out=FILE.sltb");
    capture.is_recording = !capture.has_start;
    if (capture.tracks && !(capture.shadow = shadow_make())) return refuse("memory", "some");
    new_bytes = (struct plugin_array * (*)(void)) dlsym(RTLD_DEFAULT, "g_byte_array_new");
    set_size = (struct plugin_array * (*)(struct plugin_array *, unsigned)) dlsym(RTLD_DEFAULT, "g_byte_array_set_size");
    capture.trace = sltb_open(out);
    if (!capture.trace) {
        fprintf(stderr, "staleline-capture: %s: %s\n", out, strerror(errno));
        return -1;
    }
    if (machine) sltb_declare_machine(capture.trace, machine);
    for (unsigned i = 0; i < capture.device_count; i++) {
        struct device *device = &capture.devices[i];
        device->symbol = sltb_declare_device(capture.trace, device->name, device->start, device->size, i);
    }
    pthread_atfork(NULL, NULL, be_off);
    qemu_plugin_register_vcpu_init_cb(id, start_vcpu);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
