#include "tracker.h"

#include <stdlib.h>
#include <string.h>

enum { SHADOW = 1 << 16, PAGES = 1 << 12, SP = 31, NONE = 255 };

struct shadow {
    struct {
        uint64_t address; /* a multiple of 8, + 1: in use */
        uint64_t value;
        uint32_t age;  /* known only if it is the table's */
        uint8_t known; /* a bit for each byte */
    } words[SHADOW];
    uint32_t age;
    uint64_t guest_base; /* user emulation: the program's memory is this process's, from here on */
    bool has_guest;
    struct {
        uint64_t page;
        const uint8_t *host;
    } pages[PAGES];
};

struct shadow *shadow_make(void) { return calloc(1, sizeof(struct shadow)); }

void shadow_guest(struct shadow *shadow, uint64_t base)
{
    shadow->guest_base = base;
    shadow->has_guest = true;
}

void shadow_page(struct shadow *shadow, uint64_t address, const void *host)
{
    unsigned slot = (unsigned)(address >> 12) & (PAGES - 1);
    shadow->pages[slot].page = address >> 12;
    shadow->pages[slot].host = (const uint8_t *)host - (address & 0xFFF);
}

void shadow_forget_all(struct shadow *shadow)
{
    if (++shadow->age == 0) memset(shadow->words, 0, sizeof shadow->words);
}

void shadow_forget(struct shadow *shadow, uint64_t address, uint64_t bytes)
{
    for (uint64_t word = address & ~7ull; word < address + bytes; word += 8) {
        unsigned slot = (unsigned)(word >> 3) & (SHADOW - 1);
        if (shadow->words[slot].address == word + 1) shadow->words[slot].known = 0;
    }
}

static void shadow_store(struct shadow *shadow, uint64_t address, unsigned size, bool is_known, uint64_t value)
{
    for (unsigned i = 0; i < size; i++) {
        uint64_t word = (address + i) & ~7ull;
        unsigned place = (unsigned)(address + i) & 7, slot = (unsigned)(word >> 3) & (SHADOW - 1);
        if (shadow->words[slot].address != word + 1 || shadow->words[slot].age != shadow->age) {
            if (!is_known) continue;
            shadow->words[slot].address = word + 1;
            shadow->words[slot].age = shadow->age;
            shadow->words[slot].known = 0;
        }
        shadow->words[slot].known &= (uint8_t)~(1u << place);
        if (!is_known) continue;
        shadow->words[slot].known |= (uint8_t)(1u << place);
        shadow->words[slot].value &= ~(0xFFull << (8 * place));
        shadow->words[slot].value |= (value >> (8 * i) & 0xFF) << (8 * place);
    }
}

static bool shadow_load(const struct shadow *shadow, uint64_t address, unsigned size, uint64_t *value)
{
    if (shadow->has_guest) {
        /* The program has just read it: it is there. */
        *value = 0;
        memcpy(value, (const void *)(uintptr_t)(shadow->guest_base + address), size);
        return true;
    }
    /* A page with code can be read itself. */
    unsigned page = (unsigned)(address >> 12) & (PAGES - 1);
    bool is_beside_code = shadow->pages[page].host && shadow->pages[page].page == address >> 12
        && (address & 0xFFF) + size <= 0x1000;
    uint64_t result = 0;
    for (unsigned i = 0; i < size; i++) {
        uint64_t word = (address + i) & ~7ull;
        unsigned place = (unsigned)(address + i) & 7, slot = (unsigned)(word >> 3) & (SHADOW - 1);
        if (is_beside_code) {
            result |= (uint64_t)shadow->pages[page].host[(address & 0xFFF) + i] << (8 * i);
        } else if (shadow->words[slot].address == word + 1 && shadow->words[slot].age == shadow->age
                   && (shadow->words[slot].known >> place & 1)) {
            result |= (shadow->words[slot].value >> (8 * place) & 0xFF) << (8 * i);
        } else {
            return false;
        }
    }
    *value = result;
    return true;
}

void tracker_forget(struct tracker *t)
{
    t->known = 0;
    t->next = 0;
}

static bool get(const struct tracker *t, unsigned reg, uint64_t *value)
{
    *value = t->value[reg];
    return t->known >> reg & 1;
}

static void lose(struct tracker *t, unsigned reg) { t->known &= ~(1u << reg); }

static void set(struct tracker *t, unsigned reg, bool is_known, uint64_t value)
{
    if (!is_known) return lose(t, reg);
    t->value[reg] = t->mode == MODE_A64 ? value : (uint32_t)value;
    t->known |= 1u << reg;
}

bool tracker_read(const struct tracker *t, unsigned reg, uint64_t *value)
{
    if (t->mode == MODE_A64 && reg == 31) {
        *value = 0; /* XZR: maintenance names no SP */
        return true;
    }
    if (t->mode != MODE_A64 && reg == 15) return false;
    return get(t, reg, value);
}

bool tracker_stored(const struct tracker *t, uint64_t *value)
{
    if (t->data_count != 1 || t->is_load || t->data[0] == NONE || t->element == 0) return false;
    if (t->base_change && t->data[0] == t->base) return false;
    if (t->mode == MODE_A64 && t->data[0] == 31) {
        *value = 0;
        return true;
    }
    return get(t, t->data[0], value);
}

static uint32_t ror32(uint32_t value, unsigned by)
{
    by &= 31;
    return by ? value >> by | value << (32 - by) : value;
}

/* ---- AArch64 ---- */

/* A register of an instruction that means XZR by 31. */
static bool get_x(const struct tracker *t, unsigned reg, uint64_t *value)
{
    *value = 0;
    return reg == 31 || get(t, reg, value);
}

static void set_x(struct tracker *t, unsigned reg, bool is64, bool is_known, uint64_t value)
{
    if (reg != 31) set(t, reg, is_known, is64 ? value : (uint32_t)value);
}

static uint64_t ones(unsigned count) { return count >= 64 ? ~0ull : (1ull << count) - 1; }

static bool bitmask(bool is64, unsigned n, unsigned imms, unsigned immr, uint64_t *result)
{
    unsigned combined = n << 6 | (~imms & 63);
    if (combined == 0) return false;
    unsigned length = 31 - (unsigned)__builtin_clz(combined), size = 1u << length;
    if (length == 0 || (!is64 && n)) return false;
    unsigned s = imms & (size - 1), r = immr & (size - 1);
    if (s == size - 1) return false;
    uint64_t element = ones(s + 1);
    if (r) element = (element >> r | element << (size - r)) & ones(size);
    while (size < 64) {
        element |= element << size;
        size *= 2;
    }
    *result = is64 ? element : (uint32_t)element;
    return true;
}

static uint64_t shifted(uint64_t value, unsigned type, unsigned by, bool is64)
{
    if (!is64) {
        uint32_t v = (uint32_t)value;
        switch (type) {
        case 0: return v << by;
        case 1: return v >> by;
        case 2: return (uint32_t)((int32_t)v >> by);
        default: return ror32(v, by);
        }
    }
    switch (type) {
    case 0: return value << by;
    case 1: return value >> by;
    case 2: return (uint64_t)((int64_t)value >> by);
    default: return by ? value >> by | value << (64 - by) : value;
    }
}

static void a64_immediate(struct tracker *t, uint64_t pc, uint32_t op)
{
    unsigned rd = op & 31, rn = op >> 5 & 31;
    bool is64 = op >> 31;
    uint64_t a, mask = 0;
    switch (op >> 23 & 7) {
    case 0:
    case 1: {
        uint64_t imm = (op >> 5 & 0x7FFFF) << 2 | (op >> 29 & 3);
        imm = (uint64_t)((int64_t)(imm << 43) >> 43);
        set_x(t, rd, true, true, is64 ? (pc & ~0xFFFull) + (imm << 12) : pc + imm);
        return;
    }
    case 2: {
        uint64_t imm = (op >> 10 & 0xFFF) << (op >> 22 & 1 ? 12 : 0);
        bool known = get(t, rn, &a), sets = op >> 29 & 1;
        uint64_t value = op >> 30 & 1 ? a - imm : a + imm;
        if (sets) set_x(t, rd, is64, known, value);
        else set(t, rd, known, is64 ? value : (uint32_t)value); /* SP by 31 */
        return;
    }
    case 4: {
        bool known = get_x(t, rn, &a) && bitmask(is64, op >> 22 & 1, op >> 10 & 63, op >> 16 & 63, &mask);
        unsigned opc = op >> 29 & 3;
        uint64_t value = opc == 1 ? a | mask : opc == 2 ? a ^ mask : a & mask;
        if (opc == 3) set_x(t, rd, is64, known, value);
        else set(t, rd, known, is64 ? value : (uint32_t)value);
        return;
    }
    case 5: {
        unsigned opc = op >> 29 & 3, shift = (op >> 21 & 3) * 16;
        uint64_t imm = (uint64_t)(op >> 5 & 0xFFFF) << shift;
        bool known = opc != 3 || get_x(t, rd, &a);
        if (opc == 3) set_x(t, rd, is64, known, (a & ~(0xFFFFull << shift)) | imm);
        else set_x(t, rd, is64, opc != 1, opc == 0 ? ~imm : imm);
        return;
    }
    case 6: {
        unsigned opc = op >> 29 & 3, r = op >> 16 & 63, s = op >> 10 & 63, width = is64 ? 64 : 32;
        bool known = get_x(t, rn, &a) && opc != 1;
        uint64_t value;
        if (!is64) a = (uint32_t)a;
        unsigned count = s >= r ? s - r + 1 : s + 1, to = s >= r ? 0 : width - r;
        value = (s >= r ? a >> r : a) & ones(count);
        if (opc == 0) value = (uint64_t)((int64_t)(value << (64 - count)) >> (64 - count));
        set_x(t, rd, is64, known, value << to);
        return;
    }
    default: set_x(t, rd, true, false, 0); /* EXTR, tags */
    }
}

static uint64_t extended(uint64_t value, unsigned option, unsigned by)
{
    unsigned bits = 8u << (option & 3);
    if (bits < 64) {
        value &= ones(bits);
        if (option & 4) value = (uint64_t)((int64_t)(value << (64 - bits)) >> (64 - bits));
    }
    return value << by;
}

static void a64_register(struct tracker *t, uint32_t op)
{
    unsigned rd = op & 31, rn = op >> 5 & 31, rm = op >> 16 & 31;
    bool is64 = op >> 31;
    uint64_t a, b, c;
    unsigned by = op >> 10 & 63, type = op >> 22 & 3;
    if ((op & 0x1F000000) == 0x0A000000) {
        bool known = get_x(t, rn, &a) & get_x(t, rm, &b);
        b = shifted(b, type, by, is64);
        if (op >> 21 & 1) b = ~b;
        unsigned opc = op >> 29 & 3;
        set_x(t, rd, is64, known, opc == 1 ? a | b : opc == 2 ? a ^ b : a & b);
    } else if ((op & 0x1F200000) == 0x0B000000) {
        bool known = get_x(t, rn, &a) & get_x(t, rm, &b);
        b = shifted(b, type, by, is64);
        set_x(t, rd, is64, known, op >> 30 & 1 ? a - b : a + b);
    } else if ((op & 0x1FE00000) == 0x0B200000) {
        bool known = get(t, rn, &a) & get_x(t, rm, &b), sets = op >> 29 & 1;
        b = extended(b, op >> 13 & 7, op >> 10 & 7);
        uint64_t value = op >> 30 & 1 ? a - b : a + b;
        if (sets) set_x(t, rd, is64, known, value);
        else set(t, rd, known, is64 ? value : (uint32_t)value);
    } else if ((op & 0x7FE00000) == 0x1B000000) {
        bool known = get_x(t, rn, &a) & get_x(t, rm, &b) & get_x(t, op >> 10 & 31, &c);
        set_x(t, rd, is64, known, op >> 15 & 1 ? c - a * b : c + a * b);
    } else if ((op & 0x7FE0F000) == 0x1AC02000) {
        bool known = get_x(t, rn, &a) & get_x(t, rm, &b);
        set_x(t, rd, is64, known, shifted(a, op >> 10 & 3, (unsigned)b & (is64 ? 63 : 31), is64));
    } else if ((op & 0x7FE0F800) == 0x1AC00800) { /* UDIV, SDIV */
        bool known = get_x(t, rn, &a) & get_x(t, rm, &b), is_signed = op >> 10 & 1;
        if (!is64) a = is_signed ? (uint64_t)(int32_t)a : (uint32_t)a, b = is_signed ? (uint64_t)(int32_t)b : (uint32_t)b;
        uint64_t value = b == 0 ? 0 : !is_signed ? a / b : b == UINT64_MAX ? -a : (uint64_t)((int64_t)a / (int64_t)b);
        set_x(t, rd, is64, known, value);
    } else if ((op & 0xFF600000) == 0x9B200000) { /* SMADDL, UMADDL and their differences */
        bool known = get_x(t, rn, &a) & get_x(t, rm, &b) & get_x(t, op >> 10 & 31, &c), is_unsigned = op >> 23 & 1;
        a = is_unsigned ? (uint32_t)a : (uint64_t)(int32_t)a;
        b = is_unsigned ? (uint32_t)b : (uint64_t)(int32_t)b;
        set_x(t, rd, true, known, op >> 15 & 1 ? c - a * b : c + a * b);
    } else if ((op & 0xFFE08000) == 0x9BC00000) { /* UMULH */
        bool known = get_x(t, rn, &a) & get_x(t, rm, &b);
        set_x(t, rd, true, known, (uint64_t)((unsigned __int128)a * b >> 64));
    } else if ((op & 0x3FE00000) == 0x3A400000) { /* CCMP, CCMN: flags only */
    } else {
        set_x(t, rd, true, false, 0);
    }
}

/* Says which registers an instruction's accesses move and from where. */
static void transfer(struct tracker *t, unsigned base, uint64_t offset, uint64_t change, unsigned element)
{
    t->base = (int)base;
    t->base_offset = offset;
    t->base_change = change;
    t->base_was_known = get(t, base, &t->base_value);
    t->element = (uint8_t)element;
}

static void moves(struct tracker *t, unsigned reg) { t->data[t->data_count++] = (uint8_t)reg; }

static void a64_memory(struct tracker *t, uint32_t op)
{
    unsigned rt = op & 31, rn = op >> 5 & 31, rt2 = op >> 10 & 31, rs = op >> 16 & 31;
    bool is_simd = op >> 26 & 1;
    if ((op & 0x3F000000) == 0x08000000) { /* exclusive, ordered, CAS */
        t->is_load = op >> 22 & 1;
        transfer(t, rn, 0, 0, 1u << (op >> 30));
        if (!(op >> 23 & 1) && !t->is_load) set_x(t, rs, true, false, 0);
        if (op >> 21 & 1) {
            set_x(t, rs, true, false, 0), set_x(t, rs | 1, true, false, 0);
            if (t->is_load) set_x(t, rt2, true, false, 0);
        }
        if (t->is_load) set_x(t, rt, true, false, 0);
        t->element = 0; /* what is moved is not followed */
        return;
    }
    if ((op & 0x3B000000) == 0x18000000) { /* literal */
        t->is_load = true;
        if (is_simd || op >> 30 == 3) return;
        t->is_signed = op >> 30 == 2;
        t->element = op >> 30 == 1 ? 8 : 4;
        moves(t, rt);
        set_x(t, rt, true, false, 0);
        return;
    }
    if ((op & 0x3A000000) == 0x28000000) { /* pair */
        unsigned opc = op >> 30, mode = op >> 23 & 3;
        unsigned element = is_simd ? 4u << opc : opc & 2 ? 8 : 4;
        uint64_t offset = (uint64_t)((int64_t)((uint64_t)(op >> 15 & 0x7F) << 57) >> 57) * element;
        t->is_load = op >> 22 & 1;
        t->is_signed = opc == 1;
        transfer(t, rn, mode == 1 ? 0 : offset, mode == 1 || mode == 3 ? offset : 0, element);
        if (is_simd) t->element = 0;
        else moves(t, rt), moves(t, rt2);
    } else if ((op & 0x3B000000) == 0x39000000 || (op & 0x3B200000) == 0x38000000) {
        unsigned size = op >> 30, opc = op >> 22 & 3;
        bool is_scaled = op >> 24 & 1;
        unsigned mode = op >> 10 & 3;
        uint64_t imm = is_scaled ? (uint64_t)(op >> 10 & 0xFFF) << (is_simd && opc & 2 ? 4 : size)
                                 : (uint64_t)((int64_t)((uint64_t)(op >> 12 & 0x1FF) << 55) >> 55);
        if (!is_simd && size == 3 && opc == 2) return; /* PRFM */
        t->is_load = is_simd ? opc & 1 : opc != 0;
        t->is_signed = !is_simd && opc >= 2;
        transfer(t, rn, !is_scaled && mode == 1 ? 0 : imm, !is_scaled && (mode & 1) ? imm : 0, 1u << size);
        if (is_simd) t->element = 0;
        else moves(t, rt);
    } else if ((op & 0x3B200C00) == 0x38200800) { /* register offset: the address says nothing of one register alone */
        unsigned size = op >> 30, opc = op >> 22 & 3;
        uint64_t m;
        if (!is_simd && size == 3 && opc == 2) return;
        t->is_load = is_simd ? opc & 1 : opc != 0;
        t->is_signed = !is_simd && opc >= 2;
        if (get_x(t, rs, &m)) {
            unsigned by = op >> 12 & 1 ? (is_simd && opc & 2 ? 4 : size) : 0;
            transfer(t, rn, extended(m, op >> 13 & 7, by), 0, 1u << size);
        }
        t->element = is_simd ? 0 : (uint8_t)(1u << size);
        if (!is_simd) moves(t, rt);
    } else if ((op & 0x3B200C00) == 0x38200000) { /* LSE atomics */
        transfer(t, rn, 0, 0, 0);
        set_x(t, rt, true, false, 0);
        return;
    } else if ((op & 0xBF000000) == 0x0C000000 || (op & 0xBF000000) == 0x0D000000) { /* vectors of structures */
        if (op >> 23 & 1) lose(t, rn);
        return;
    } else {
        tracker_forget(t);
        return;
    }
    if (t->is_load)
        for (unsigned i = 0; i < t->data_count; i++) set_x(t, t->data[i], true, false, 0);
    if (t->base >= 0 && t->base_change) set(t, rn, t->base_was_known, t->base_value + t->base_change);
}

static void a64(struct tracker *t, uint64_t pc, uint32_t op)
{
    unsigned group = op >> 25 & 15;
    if ((group & 14) == 8) {
        a64_immediate(t, pc, op);
    } else if ((group & 14) == 10) { /* branches and the system */
        bool is_branch = (op & 0x7C000000) == 0x14000000 || (op & 0xFE000000) == 0x54000000
            || (op & 0x7C000000) == 0x34000000 || (op & 0xFE000000) == 0xD6000000;
        if (is_branch) t->next = 0;
        if ((op & 0xFC000000) == 0x94000000 || (op & 0xFFFFFC1F) == 0xD63F0000) set(t, 30, true, pc + 4);
        else if ((op & 0xFE000000) == 0xD6000000 && (op & 0xFFDFFC1F) != 0xD61F0000
                 && (op & 0xFFFFFC1F) != 0xD65F0000)
            tracker_forget(t); /* ERET, pointer authentication */
        else if ((op & 0xFFC00000) == 0xD5000000) {
            if ((op & 0xFFFFFFE0) == 0xD53B0020) set_x(t, op & 31, true, t->has_cache_type, t->cache_type);
            else if (op >> 21 & 1) set_x(t, op & 31, true, false, 0); /* MRS, SYSL */
            else if ((op & 0xFFF8F01F) == 0xD500401F) lose(t, SP); /* PSTATE, SPSel among it */
        } else if (!is_branch && (op & 0xFF000000) == 0xD4000000) { /* SVC, HVC, SMC, BRK */
            t->next = 0;
            if (t->is_system) lose(t, SP);
            t->known &= ~0x3FFFFu; /* what a call may change */
        } else if (!is_branch) {
            tracker_forget(t);
        }
    } else if ((group & 5) == 4) {
        a64_memory(t, op);
    } else if ((group & 7) == 5) {
        a64_register(t, op);
    } else if ((group & 7) == 7) {
        set_x(t, op & 31, true, false, 0); /* floating point: may move to a general register */
    } else {
        tracker_forget(t);
    }
}

/* ---- A32 ---- */

static bool get_r(const struct tracker *t, unsigned reg, uint64_t pc, uint64_t *value)
{
    *value = (uint32_t)(pc + 8);
    return reg == 15 || get(t, reg, value);
}

static bool a32_shift(const struct tracker *t, uint32_t op, uint64_t pc, uint64_t *value)
{
    uint64_t by;
    unsigned type = op >> 5 & 3, count = op >> 7 & 31;
    bool known = get_r(t, op & 15, pc, value);
    uint32_t v = (uint32_t)*value;
    if (op >> 4 & 1) {
        known &= get(t, op >> 8 & 15, &by);
        count = (unsigned)by & 255;
        if (count == 0) return known;
        if (count > 31) {
            *value = type == 2 ? (uint32_t)((int32_t)v >> 31) : type == 3 ? ror32(v, count) : 0;
            return known;
        }
    } else if (count == 0) {
        if (type == 0) return known;
        if (type == 3) return false; /* RRX */
        *value = type == 2 ? (uint32_t)((int32_t)v >> 31) : 0;
        return known;
    }
    *value = shifted(v, type, count, false);
    return known;
}

static void a32_set(struct tracker *t, unsigned reg, bool is_known, uint64_t value)
{
    if (reg == 15) t->next = 0;
    else set(t, reg, is_known, value);
}

static void a32_arithmetic(struct tracker *t, uint64_t pc, uint32_t op, bool is_certain)
{
    unsigned rd = op >> 12 & 15, rn = op >> 16 & 15, code = op >> 21 & 15;
    uint64_t a = 0, b = 0;
    bool known;
    if (op >> 25 & 1) {
        b = ror32(op & 0xFF, (op >> 8 & 15) * 2);
        known = true;
    } else {
        known = a32_shift(t, op, pc, &b);
    }
    if (code >= 8 && code <= 11) return; /* comparisons */
    if (code != 13 && code != 15) known &= get_r(t, rn, pc, &a);
    uint64_t value = 0;
    switch (code) {
    case 0: value = a & b; break;
    case 1: value = a ^ b; break;
    case 2: value = a - b; break;
    case 3: value = b - a; break;
    case 4: value = a + b; break;
    case 12: value = a | b; break;
    case 13: value = b; break;
    case 14: value = a & ~b; break;
    case 15: value = ~b; break;
    default: known = false; /* with carry */
    }
    if (rd == 15 && (op >> 20 & 1)) return tracker_forget(t); /* return from an exception */
    a32_set(t, rd, known && is_certain, value);
}

static void a32_load(struct tracker *t, unsigned rn, uint64_t offset, bool has_offset, uint32_t op, bool is_certain)
{
    bool is_pre = op >> 24 & 1, writes_back = !is_pre || (op >> 21 & 1);
    if (!(op >> 23 & 1)) offset = (uint32_t)-offset;
    if (rn != 15 && has_offset)
        transfer(t, rn, is_pre ? offset : 0, writes_back ? offset : 0, t->element);
    t->is_deferred = !is_certain;
    if (t->is_deferred) {
        if (writes_back && rn != 15 && !has_offset) lose(t, rn);
        return;
    }
    if (t->is_load)
        for (unsigned i = 0; i < t->data_count; i++) a32_set(t, t->data[i], false, 0);
    if (writes_back && rn != 15) set(t, rn, has_offset && t->base_was_known, t->base_value + offset);
}

static void a32_multiple(struct tracker *t, uint32_t op, bool is_certain)
{
    unsigned rn = op >> 16 & 15, count = (unsigned)__builtin_popcount(op & 0xFFFF);
    bool is_up = op >> 23 & 1, is_pre = op >> 24 & 1, writes_back = op >> 21 & 1;
    t->is_load = op >> 20 & 1;
    uint64_t start = is_up ? (is_pre ? 4 : 0) : (uint32_t)(-(4 * count) + (is_pre ? 0 : 4));
    uint64_t change = is_up ? 4 * count : (uint32_t)-(4 * count);
    transfer(t, rn, start, writes_back ? change : 0, 4);
    for (unsigned reg = 0; reg < 16; reg++)
        if (op >> reg & 1) moves(t, reg == 15 ? NONE : reg);
    if (t->is_load && (op >> 15 & 1)) t->next = 0;
    if (op >> 22 & 1) return tracker_forget(t); /* user registers, or a return from an exception */
    t->is_deferred = !is_certain;
    if (t->is_deferred) return;
    if (t->is_load)
        for (unsigned reg = 0; reg < 15; reg++)
            if (op >> reg & 1) lose(t, reg);
    if (writes_back && !(t->is_load && (op >> rn & 1))) set(t, rn, t->base_was_known, t->base_value + change);
}

static void a32_extra(struct tracker *t, uint32_t op, bool is_certain)
{
    unsigned rd = op >> 12 & 15, rn = op >> 16 & 15, kind = op >> 5 & 3;
    uint64_t a, b, c;
    if (kind != 0) { /* halfwords, signed bytes, doublewords */
        bool is_double = !(op >> 20 & 1) && kind >= 2;
        t->is_load = (op >> 20 & 1) || kind == 2;
        t->is_signed = (op >> 20 & 1) && kind >= 2;
        t->element = is_double ? 4 : kind == 2 ? 1 : 2;
        moves(t, rd);
        if (is_double) moves(t, rd + 1);
        uint64_t offset = (op >> 4 & 0xF0) | (op & 15);
        bool has_offset = op >> 22 & 1;
        if (!has_offset) has_offset = get(t, op & 15, &offset);
        a32_load(t, rn, offset, has_offset, op, is_certain);
        return;
    }
    if ((op & 0x0FC000F0) == 0x00000090) { /* MUL, MLA: rd and ra have other places */
        bool known = get(t, op & 15, &a) & get(t, op >> 8 & 15, &b);
        if (op >> 21 & 1) known &= get(t, rd, &c);
        else c = 0;
        a32_set(t, rn, known && is_certain, a * b + c);
        return;
    }
    if ((op & 0x0F8000F0) == 0x01800090) { /* exclusive and ordered */
        t->is_load = op >> 20 & 1;
        transfer(t, rn, 0, 0, 0);
        lose(t, rd);
        if (t->is_load && (op >> 21 & 3) == 1) lose(t, rd + 1);
        if (!is_certain) t->base = -1;
        return;
    }
    if ((op & 0x0F8000F0) == 0x00800090) { /* long multiplications */
        bool known = get(t, op & 15, &a) & get(t, op >> 8 & 15, &b), is_signed = op >> 22 & 1;
        uint64_t low = 0, high = 0;
        if (op >> 21 & 1) known = known & get(t, rd, &low) & get(t, rn, &high);
        uint64_t product = is_signed ? (uint64_t)((int64_t)(int32_t)a * (int32_t)b) : (uint64_t)(uint32_t)a * (uint32_t)b;
        product += high << 32 | low;
        set(t, rd, known && is_certain, (uint32_t)product);
        set(t, rn, known && is_certain, product >> 32);
        return;
    }
    lose(t, rd), lose(t, rn); /* SWP, UMAAL */
}

/* Bit fields and extensions; the other media instructions' results are not followed. */
static void a32_media(struct tracker *t, uint32_t op, bool is_certain)
{
    unsigned rd = op >> 12 & 15, high = op >> 16 & 31, low = op >> 7 & 31;
    uint64_t a = 0, old = 0;
    bool known = get(t, op & 15, &a);
    uint32_t v = (uint32_t)a;
    switch (op & 0x0FE00070) {
    case 0x07E00050: /* UBFX */
        return a32_set(t, rd, known && is_certain && low + high < 32, v >> low & ones(high + 1));
    case 0x07A00050: /* SBFX */
        known &= low + high < 32;
        return a32_set(t, rd, known && is_certain, known ? (uint32_t)((int32_t)(v << (31 - low - high)) >> (31 - high)) : 0);
    case 0x07C00010: { /* BFI, BFC */
        if ((op & 15) == 15) v = 0, known = true;
        known = known & get(t, rd, &old) & (high >= low);
        uint64_t mask = known ? ones(high - low + 1) << low : 0;
        return a32_set(t, rd, known && is_certain, (old & ~mask) | ((uint64_t)v << low & mask));
    }
    }
    if ((op & 0x0F8003F0) == 0x06800070) { /* UXTB and its kind: with and without an addition */
        unsigned rn = op >> 16 & 15, which = op >> 20 & 7;
        uint32_t value = ror32(v, (op >> 10 & 3) * 8);
        if (rn != 15) known &= get(t, rn, &old);
        switch (which) {
        case 2: value = (uint32_t)(int8_t)value; break;
        case 3: value = (uint32_t)(int16_t)value; break;
        case 6: value = (uint8_t)value; break;
        case 7: value = (uint16_t)value; break;
        default: known = false;
        }
        return a32_set(t, rd, known && is_certain, (uint32_t)old + value);
    }
    lose(t, rd), lose(t, high & 15);
}

static void a32_misc(struct tracker *t, uint64_t pc, uint32_t op)
{
    if ((op & 0x0FFFFFD0) == 0x012FFF10) { /* BX, BLX */
        t->next = 0;
        if (op >> 5 & 1) set(t, 14, true, pc + 4);
    } else if ((op & 0x0FB00FF0) == 0x01000000) { /* MRS */
        lose(t, op >> 12 & 15);
    } else if ((op & 0x0FB0FFF0) == 0x0120F000) { /* MSR: another mode has other r8 to r14 */
        t->known &= ~0x7F00u;
    } else if ((op & 0x0FFF0FF0) == 0x016F0F10) { /* CLZ */
        lose(t, op >> 12 & 15);
    } else {
        tracker_forget(t);
    }
}

static void a32_unconditional(struct tracker *t, uint64_t pc, uint32_t op)
{
    if ((op & 0xFE000000) == 0xFA000000) { /* BLX to T32 */
        t->next = 0;
        set(t, 14, true, pc + 4);
    } else if ((op & 0xFF100000) == 0xF5100000 || (op & 0xFF100000) == 0xF7100000 || (op & 0xFFF00000) == 0xF5700000) {
        /* hints, barriers, CLREX */
    } else if ((op & 0xFFF10020) == 0xF1000000) { /* CPS */
        if (op >> 17 & 1) t->known &= ~0x7F00u;
    } else if ((op & 0xFE000000) == 0xF2000000) { /* vectors */
    } else if ((op & 0xFF100000) == 0xF4000000) {
        lose(t, op >> 16 & 15); /* of structures: base written back */
    } else {
        tracker_forget(t);
    }
}

static void a32(struct tracker *t, uint64_t pc, uint32_t op)
{
    unsigned rd = op >> 12 & 15, rn = op >> 16 & 15;
    bool is_certain = op >> 28 == 14;
    uint64_t a;
    if (op >> 28 == 15) return a32_unconditional(t, pc, op);
    switch (op >> 25 & 7) {
    case 0:
        if ((op & 0x90) == 0x90) return a32_extra(t, op, is_certain);
        if ((op & 0x01900000) == 0x01000000) return a32_misc(t, pc, op);
        return a32_arithmetic(t, pc, op, is_certain);
    case 1:
        if ((op & 0x01B00000) == 0x01000000) { /* MOVW, MOVT */
            uint64_t imm = (op >> 4 & 0xF000) | (op & 0xFFF);
            bool known = get(t, rd, &a) | !(op >> 22 & 1);
            a32_set(t, rd, known && is_certain, op >> 22 & 1 ? (a & 0xFFFF) | imm << 16 : imm);
            return;
        }
        if ((op & 0x01B00000) == 0x01200000) { /* MSR, hints */
            if (op >> 16 & 15) t->known &= ~0x7F00u;
            return;
        }
        return a32_arithmetic(t, pc, op, is_certain);
    case 2:
    case 3: {
        if ((op & 0x02000010) == 0x02000010) return a32_media(t, op, is_certain);
        uint64_t offset = op & 0xFFF;
        bool has_offset = !(op >> 25 & 1) || a32_shift(t, op, pc, &offset);
        t->is_load = op >> 20 & 1;
        t->element = op >> 22 & 1 ? 1 : 4;
        moves(t, rd == 15 ? NONE : rd);
        if (t->is_load && rd == 15) t->next = 0;
        a32_load(t, rn, offset, has_offset, op, is_certain);
        return;
    }
    case 4: return a32_multiple(t, op, is_certain);
    case 5:
        t->next = 0;
        if (op >> 24 & 1) set(t, 14, is_certain, pc + 4);
        return;
    case 6: /* coprocessor: LDC, VLDM, MRRC */
        if ((op & 0x0FE00000) == 0x0C400000) lose(t, rd), lose(t, rn);
        else if (op >> 21 & 1) lose(t, rn);
        return;
    default:
        if (op >> 24 & 1) { /* SVC */
            t->next = 0;
            t->known &= ~0x500Fu;
        } else if ((op & 0x0FFF0FFF) == 0x0E100F30) { /* MRC of CTR */
            set(t, rd, is_certain && t->has_cache_type, t->cache_type);
        } else if ((op & 0x00100010) == 0x00100010 && rd != 15) {
            lose(t, rd); /* MRC */
        }
    }
}

void tracker_execute(struct tracker *t, uint64_t pc, uint32_t op, unsigned size)
{
    /* An exception, a signal or a return from one came in between. */
    t->was_interrupted = t->next && t->next != pc;
    if (t->was_interrupted) tracker_forget(t);
    t->pc = pc;
    t->next = pc + size;
    t->base = -1;
    t->data_count = 0;
    t->element = 0;
    t->accesses = 0;
    t->is_load = t->is_signed = t->base_was_known = t->is_deferred = false;
    if (t->mode == MODE_A64) a64(t, pc, op);
    else if (t->mode == MODE_A32) a32(t, pc, op);
    else tracker_forget(t);
}

void tracker_access(struct tracker *t, struct shadow *shadow, uint64_t address, unsigned size, bool is_store)
{
    unsigned place = t->accesses++;
    if (place == 0 && t->base >= 0) {
        uint64_t base = address - t->base_offset;
        if (t->mode != MODE_A64) base = (uint32_t)base;
        if (!t->base_was_known) {
            bool was_loaded = false;
            for (unsigned i = 0; i < t->data_count; i++) was_loaded |= t->is_load && t->data[i] == t->base;
            if (!was_loaded) set(t, (unsigned)t->base, true, base + t->base_change);
        } else if (base == t->base_value) {
            t->checks++;
            if (t->is_deferred && t->base_change) set(t, (unsigned)t->base, true, base + t->base_change);
        } else {
            t->checks++;
            t->contradictions++;
            uint64_t next = t->next;
            tracker_forget(t);
            t->next = next;
            t->data_count = 0;
        }
    }
    if (is_store) {
        uint64_t value = 0;
        bool known = place < t->data_count && size == t->element && !t->is_load && t->data[place] != NONE
            && (t->mode == MODE_A64 ? get_x(t, t->data[place], &value) : get(t, t->data[place], &value));
        /* A base that is written back before its own store would be read here with its new value. */
        if (known && t->base_change && t->data[place] == t->base) known = false;
        shadow_store(shadow, address, size, known, value);
    } else if (place < t->data_count && t->is_load && t->data[place] != NONE) {
        uint64_t value = 0;
        bool known = size == t->element && !t->is_signed && shadow_load(shadow, address, size, &value);
        if (t->mode == MODE_A64) set_x(t, t->data[place], true, known, value);
        else set(t, t->data[place], known, value);
    }
}
