#include "decode.h"

#include "sltb.h"

/* The option of a barrier: bits 3 and 2 for whom, 1 and 0 for what. Reserved ones act as a full barrier. */
static struct decoded barrier(unsigned instruction, unsigned option)
{
    static const uint8_t domains[4] = {1, 3, 2, 0};
    struct decoded result = {.meaning = MEANING_BARRIER, .detail = (uint8_t)instruction};
    unsigned what = option & 3;
    if (instruction == 2 || what == 0) return result;
    result.domain = domains[option >> 2 & 3];
    result.accesses = what == 3 ? 0 : what == 2 ? 1 : 2;
    return result;
}

static struct decoded maintenance(enum meaning meaning, unsigned instruction, unsigned reg)
{
    return (struct decoded){.meaning = (uint8_t)meaning, .detail = (uint8_t)instruction, .reg = (uint8_t)reg};
}

/* MCR to CP15's c7 (Arm ARM DDI 0406C, "Cache maintenance operations"; before ARMv7 also "CP15 barriers"). */
static struct decoded decode_mcr(uint32_t opcode)
{
    unsigned opc1 = opcode >> 21 & 7, crn = opcode >> 16 & 15, opc2 = opcode >> 5 & 7, crm = opcode & 15;
    unsigned reg = opcode >> 12 & 15;
    if (opc1 != 0 || crn != 7) return (struct decoded){0};
    switch (crm << 4 | opc2) {
    case 0x10: return maintenance(MEANING_WHOLE, SLTB_IC_IALLUIS, reg);
    case 0x50: return maintenance(MEANING_WHOLE, SLTB_IC_IALLU, reg);
    case 0x51: return maintenance(MEANING_BY_ADDRESS, SLTB_IC_IVAU, reg);
    case 0x54: return barrier(2, 15);
    case 0x60: return maintenance(MEANING_WHOLE, SLTB_DC_ISW, reg);
    case 0x61: return maintenance(MEANING_BY_ADDRESS, SLTB_DC_IVAC, reg);
    case 0x62: return maintenance(MEANING_BY_SET, SLTB_DC_ISW, reg);
    case 0xA0: return maintenance(MEANING_WHOLE, SLTB_DC_CSW, reg);
    case 0xA1: return maintenance(MEANING_BY_ADDRESS, SLTB_DC_CVAC, reg);
    case 0xA2: return maintenance(MEANING_BY_SET, SLTB_DC_CSW, reg);
    case 0xA4: return barrier(1, 15);
    case 0xA5: return barrier(0, 15);
    case 0xB1: return maintenance(MEANING_BY_ADDRESS, SLTB_DC_CVAU, reg);
    case 0xE0: return maintenance(MEANING_WHOLE, SLTB_DC_CISW, reg);
    case 0xE1: return maintenance(MEANING_BY_ADDRESS, SLTB_DC_CIVAC, reg);
    case 0xE2: return maintenance(MEANING_BY_SET, SLTB_DC_CISW, reg);
    default: return (struct decoded){0};
    }
}

/* SYS of AArch64 (Arm ARM DDI 0487, "System instructions", op0 1, CRn 7). */
static struct decoded decode_sys(uint32_t opcode)
{
    unsigned op1 = opcode >> 16 & 7, crn = opcode >> 12 & 15, crm = opcode >> 8 & 15, op2 = opcode >> 5 & 7;
    unsigned reg = opcode & 31;
    if (crn != 7) return (struct decoded){0};
    switch (op1 << 8 | crm << 4 | op2) {
    case 0x010: return maintenance(MEANING_WHOLE, SLTB_IC_IALLUIS, reg);
    case 0x050: return maintenance(MEANING_WHOLE, SLTB_IC_IALLU, reg);
    case 0x061: return maintenance(MEANING_BY_ADDRESS, SLTB_DC_IVAC, reg);
    case 0x062: return maintenance(MEANING_BY_SET, SLTB_DC_ISW, reg);
    case 0x0A2: return maintenance(MEANING_BY_SET, SLTB_DC_CSW, reg);
    case 0x0E2: return maintenance(MEANING_BY_SET, SLTB_DC_CISW, reg);
    case 0x341: return maintenance(MEANING_BY_ADDRESS, SLTB_DC_ZVA, reg);
    case 0x351: return maintenance(MEANING_BY_ADDRESS, SLTB_IC_IVAU, reg);
    case 0x3A1:
    case 0x3C1: /* to the point of persistence: the point of coherency and beyond */
        return maintenance(MEANING_BY_ADDRESS, SLTB_DC_CVAC, reg);
    case 0x3B1: return maintenance(MEANING_BY_ADDRESS, SLTB_DC_CVAU, reg);
    case 0x3E1: return maintenance(MEANING_BY_ADDRESS, SLTB_DC_CIVAC, reg);
    default: return (struct decoded){0};
    }
}

static struct decoded ordering(enum ordering order)
{
    return (struct decoded){.ordering = (uint8_t)order};
}

static struct decoded decode_a64(uint32_t op)
{
    switch (op & 0xFFFFF0FF) {
    case 0xD503309F: return (op >> 8 & 3) ? barrier(1, op >> 8 & 15) : (struct decoded){0};
    case 0xD50330BF: return barrier(0, op >> 8 & 15);
    case 0xD50330DF: return barrier(2, 15);
    }
    if ((op & 0xFFF80000) == 0xD5080000) return decode_sys(op);
    if ((op & 0x3F000000) == 0x08000000) {
        bool o2 = op >> 23 & 1, o1 = op >> 21 & 1;
        /* CAS and, among what looks exclusive, CASP: a pair of less than 32 bits does not exist. */
        if ((o2 && o1) || (!o2 && o1 && !(op >> 31))) return ordering(ORDER_ATOMIC);
        return ordering(o2 ? ORDER_ACQUIRE_RELEASE : ORDER_EXCLUSIVE);
    }
    if ((op & 0x3B200C00) == 0x38200000) /* LDADD and its kind; LDAPR among them only loads */
        return ordering((op >> 12 & 15) == 12 ? ORDER_ACQUIRE_RELEASE : ORDER_ATOMIC);
    if ((op & 0xFFC00000) == 0xF9800000 || (op & 0xFFE00C00) == 0xF8A00800 || (op & 0xFFE00C00) == 0xF8800000
        || (op & 0xFF000000) == 0xD8000000)
        return (struct decoded){.meaning = MEANING_HINT};
    return (struct decoded){0};
}

static struct decoded decode_a32(uint32_t op)
{
    switch (op & 0xFFFFFFF0) {
    case 0xF57FF040: return barrier(1, op & 15);
    case 0xF57FF050: return barrier(0, op & 15);
    case 0xF57FF060: return barrier(2, 15);
    }
    if (op >> 28 == 15) {
        if ((op & 0xFF30F000) == 0xF510F000 || (op & 0xFF30F010) == 0xF710F000)
            return (struct decoded){.meaning = MEANING_HINT};
        return (struct decoded){0};
    }
    if ((op & 0x0F100F10) == 0x0E000F10) return decode_mcr(op);
    if ((op & 0x0F8000F0) == 0x01800090) {
        unsigned which = op >> 8 & 15;
        return ordering(which == 12 ? ORDER_ACQUIRE_RELEASE : ORDER_EXCLUSIVE);
    }
    if ((op & 0x0FB00FF0) == 0x01000090) return ordering(ORDER_ATOMIC);
    return (struct decoded){0};
}

static struct decoded decode_t32(uint32_t op)
{
    switch (op & 0xFFFFFFF0) {
    case 0xF3BF8F40: return barrier(1, op & 15);
    case 0xF3BF8F50: return barrier(0, op & 15);
    case 0xF3BF8F60: return barrier(2, 15);
    }
    if ((op & 0xFF100F10) == 0xEE000F10) return decode_mcr(op);
    if ((op & 0xFFF00F00) == 0xE8500F00 || (op & 0xFFF00000) == 0xE8400000) return ordering(ORDER_EXCLUSIVE);
    if ((op & 0xFFE00000) == 0xE8C00000) {
        unsigned which = op >> 4 & 15;
        if (which >= 8 && which <= 10) return ordering(ORDER_ACQUIRE_RELEASE);
        if (which >= 4 && which != 6 && which != 11) return ordering(ORDER_EXCLUSIVE);
    }
    if ((op & 0xFF10F000) == 0xF810F000 && (op >> 21 & 3) != 2) return (struct decoded){.meaning = MEANING_HINT};
    return (struct decoded){0};
}

struct decoded decode(enum mode mode, uint32_t opcode, unsigned size)
{
    if (mode == MODE_A64) return decode_a64(opcode);
    if (mode == MODE_A32) return decode_a32(opcode);
    return size == 4 ? decode_t32(opcode) : (struct decoded){0};
}
