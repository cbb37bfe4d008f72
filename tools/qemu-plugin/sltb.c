#include "sltb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
    TABLE = 4096,           /* entries of the predictor's tables */
    CORES = 8,
    SHAPES = 63,
    RECORDS = 1 << 18,      /* records of a block */
    RAW_TARGET = 768 << 10, /* raw bytes of a block */
    RAW_LIMIT = 1 << 20,
    KEY_STEP = 0x193,
    CORE_STEP = 509,
    LEVEL = 3
};

enum { BLOCK_SYMBOLS = 1, BLOCK_STATEMENTS = 2, BLOCK_INDEX = 3, BLOCK_ACCESSES = 4 };
enum { TAG_MACHINE = 1, TAG_REGION = 4, TAG_DEVICE = 7, TAG_MARK = 11, TAG_BARRIER = 20, TAG_MAINTENANCE = 21,
       TAG_ACCESSOR = 22, TAG_WAIT = 25, TAG_DEVICE_OPERATION = 27, ANNOTATED = 0x80 };

/* Bytes that grow. */
struct bytes {
    uint8_t *data;
    size_t count, room;
};

/* Statements of one block: bytes, and the series whose differences they are. */
struct statements {
    struct bytes out;
    uint64_t address, pc;
    unsigned strings;
    unsigned count;
};

struct index_entry {
    uint64_t offset;
    uint32_t count;
};

struct sltb {
    char *path, *partial;
    FILE *file;
    uint64_t offset, records;
    int error;
    struct index_entry *index;
    size_t index_count, index_room;

    /* The predictor: see docs/trace-format-binary.md. */
    uint64_t jumps[TABLE];
    struct {
        uint64_t last, stride;
    } slots[TABLE];
    struct {
        uint64_t fetch, size;
        uint32_t key;
    } cores[CORES];

    /* The block. */
    uint32_t shapes[SHAPES]; /* kind, core << 8 */
    uint32_t sizes[SHAPES];
    unsigned shape_count, last_shape;
    uint8_t shape_of[CORES][16][17]; /* by core, kind and size up to 16: the shape's number + 1 */
    uint8_t classes[RECORDS + 16];
    unsigned count;
    uint8_t *ones, *twos;
    size_t one_count, two_count;
    struct bytes numbers;
    struct statements statements;
    uint64_t next_pc;
    bool has_next_pc;

    /* Names and declarations. */
    struct statements declarations;
    struct bytes names;
    unsigned name_count;

    ZSTD_CCtx *zstd;
    uint8_t *raw, *stored;
    size_t stored_room;
};

static void grow(struct bytes *bytes, size_t more)
{
    if (bytes->count + more <= bytes->room) return;
    bytes->room = (bytes->count + more) * 2;
    bytes->data = realloc(bytes->data, bytes->room);
    if (!bytes->data) abort();
}

static void put_byte(struct bytes *bytes, uint8_t value)
{
    grow(bytes, 1);
    bytes->data[bytes->count++] = value;
}

static void put_bytes(struct bytes *bytes, const void *data, size_t count)
{
    grow(bytes, count);
    memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
}

static void put_number(struct bytes *bytes, uint64_t value)
{
    grow(bytes, 10);
    while (value >= 0x80) {
        bytes->data[bytes->count++] = (uint8_t)value | 0x80;
        value >>= 7;
    }
    bytes->data[bytes->count++] = (uint8_t)value;
}

static uint64_t fold(uint64_t difference)
{
    return (difference << 1) ^ (uint64_t)((int64_t)difference >> 63);
}

static void put_address(struct statements *to, uint64_t address)
{
    put_number(&to->out, fold(address - to->address));
    to->address = address;
}

static void put_text(struct bytes *bytes, const char *text)
{
    size_t count = strlen(text);
    put_number(bytes, count);
    put_bytes(bytes, text, count);
}

static void put_string(struct statements *to, const char *text)
{
    put_number(&to->out, 0);
    put_text(&to->out, text);
    to->strings++;
}

static void put_fixed(uint8_t *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> (8 * i));
}

static void write_all(struct sltb *trace, const void *data, size_t count)
{
    if (fwrite(data, 1, count, trace->file) != count && !trace->error) trace->error = errno ? errno : EIO;
    trace->offset += count;
}

static void write_block(struct sltb *trace, unsigned kind, const uint8_t *raw, size_t size, uint32_t count)
{
    size_t bound = ZSTD_compressBound(size);
    if (bound > trace->stored_room) {
        free(trace->stored);
        trace->stored_room = bound;
        trace->stored = malloc(bound);
        if (!trace->stored) abort();
    }
    size_t stored = ZSTD_compressCCtx(trace->zstd, trace->stored, bound, raw, size, LEVEL);
    if (ZSTD_isError(stored)) {
        trace->error = trace->error ? trace->error : ENOMEM;
        return;
    }
    if (kind == BLOCK_ACCESSES || kind == BLOCK_STATEMENTS) {
        if (trace->index_count == trace->index_room) {
            trace->index_room = trace->index_room ? trace->index_room * 2 : 64;
            trace->index = realloc(trace->index, trace->index_room * sizeof *trace->index);
            if (!trace->index) abort();
        }
        trace->index[trace->index_count].offset = trace->offset;
        trace->index[trace->index_count++].count = count;
    }
    uint8_t header[20] = {(uint8_t)kind};
    put_fixed(header + 4, count, 4);
    put_fixed(header + 8, size, 4);
    put_fixed(header + 12, stored, 4);
    uint32_t sum = (uint32_t)crc32_z(crc32_z(0, header, 16), trace->stored, stored);
    put_fixed(header + 16, sum, 4);
    write_all(trace, header, sizeof header);
    write_all(trace, trace->stored, stored);
}

static void reset_statements(struct statements *to)
{
    to->out.count = 0;
    to->address = to->pc = 0;
    to->strings = to->count = 0;
}

/* Ends the block of accesses. */
static void flush(struct sltb *trace)
{
    if (trace->count == 0) return;
    struct bytes raw = {trace->raw, 0, RAW_LIMIT * 2};
    put_number(&raw, trace->shape_count);
    for (unsigned i = 0; i < trace->shape_count; i++) {
        put_byte(&raw, (uint8_t)trace->shapes[i]);
        put_byte(&raw, (uint8_t)(trace->shapes[i] >> 8));
        put_number(&raw, trace->sizes[i]);
    }
    put_number(&raw, trace->one_count);
    put_number(&raw, trace->two_count);
    put_number(&raw, trace->numbers.count);
    put_number(&raw, trace->statements.out.count);
    put_bytes(&raw, trace->classes, trace->count);
    put_bytes(&raw, trace->ones, trace->one_count);
    put_bytes(&raw, trace->twos, trace->two_count);
    put_bytes(&raw, trace->numbers.data, trace->numbers.count);
    put_bytes(&raw, trace->statements.out.data, trace->statements.out.count);
    trace->raw = raw.data;
    write_block(trace, BLOCK_ACCESSES, raw.data, raw.count, trace->count);
    memset(trace->jumps, 0, sizeof trace->jumps);
    memset(trace->slots, 0, sizeof trace->slots);
    memset(trace->cores, 0, sizeof trace->cores);
    memset(trace->shape_of, 0, sizeof trace->shape_of);
    trace->shape_count = trace->last_shape = trace->count = 0;
    trace->one_count = trace->two_count = trace->numbers.count = 0;
    reset_statements(&trace->statements);
}

struct sltb *sltb_open(const char *path)
{
    struct sltb *trace = calloc(1, sizeof *trace);
    if (!trace) return NULL;
    size_t length = strlen(path);
    trace->path = strdup(path);
    trace->partial = malloc(length + 16);
    if (!trace->path || !trace->partial) return NULL;
    sprintf(trace->partial, "%s.partial", path);
    trace->file = fopen(trace->partial, "w+b");
    if (!trace->file) return NULL;
    trace->ones = malloc(RECORDS);
    trace->twos = malloc(2 * RECORDS);
    trace->raw = malloc(RAW_LIMIT * 2);
    trace->zstd = ZSTD_createCCtx();
    if (!trace->ones || !trace->twos || !trace->raw || !trace->zstd) abort();
    grow(&trace->numbers, RAW_LIMIT);
    /* Names come first in the file and are known last: the blocks are written from here, and moved at the end if need be. */
    uint8_t header[8] = {'S', 'L', 'T', 'B', 2, 0, 0, 0};
    write_all(trace, header, sizeof header);
    return trace;
}

static bool is_full(const struct sltb *trace)
{
    return trace->count >= RECORDS
        || trace->count + trace->one_count + trace->two_count + trace->numbers.count + trace->statements.out.count
            >= RAW_TARGET;
}

static int find_shape(struct sltb *trace, unsigned core, unsigned kind, uint32_t size)
{
    bool is_common = kind < 16 && size <= 16;
    if (is_common && trace->shape_of[core][kind][size]) return trace->shape_of[core][kind][size] - 1;
    uint32_t shape = kind | core << 8;
    unsigned i = 0;
    while (i < trace->shape_count && (trace->shapes[i] != shape || trace->sizes[i] != size)) i++;
    if (i == trace->shape_count) {
        if (i == SHAPES) return -1;
        trace->shapes[i] = shape;
        trace->sizes[i] = size;
        trace->shape_count++;
    }
    if (is_common) trace->shape_of[core][kind][size] = (uint8_t)(i + 1);
    return (int)i;
}

void sltb_access(struct sltb *trace, unsigned core, unsigned kind, uint64_t address, uint32_t size)
{
    if (address > ~(uint64_t)size || size == 0) return;
    int shape = find_shape(trace, core, kind, size);
    if (shape < 0) {
        flush(trace);
        shape = find_shape(trace, core, kind, size);
    }
    uint64_t expected;
    if (kind == SLTB_FETCH) {
        uint64_t last = trace->cores[core].fetch;
        uint64_t *jump = &trace->jumps[((last >> 1) ^ (last >> 13)) & (TABLE - 1)];
        uint64_t next = last + trace->cores[core].size;
        expected = next + *jump;
        *jump = address - next;
        trace->cores[core].fetch = address;
        trace->cores[core].size = size;
        trace->cores[core].key = (uint32_t)((address >> 1) ^ (address >> 13)) & (TABLE - 1);
    } else {
        uint32_t key = trace->cores[core].key + core * CORE_STEP;
        uint64_t last = trace->slots[key & (TABLE - 1)].last;
        expected = last + trace->slots[key & (TABLE - 1)].stride;
        trace->slots[key & (TABLE - 1)].stride = address - last;
        trace->slots[key & (TABLE - 1)].last = address;
        trace->cores[core].key = trace->cores[core].size ? trace->cores[core].key + KEY_STEP : (uint32_t)shape;
    }
    uint64_t folded = fold(address - expected);
    unsigned code = 0;
    if (folded == 0) {
    } else if (folded < 0x100) {
        code = 1;
        trace->ones[trace->one_count++] = (uint8_t)folded;
    } else if (folded < 0x10000) {
        code = 2;
        trace->twos[trace->two_count++] = (uint8_t)folded;
        trace->twos[trace->two_count++] = (uint8_t)(folded >> 8);
    } else {
        code = 3;
        put_number(&trace->numbers, folded);
    }
    trace->classes[trace->count++] = (uint8_t)(shape << 2 | code);
    trace->records++;
    if (is_full(trace)) flush(trace);
}

void sltb_next_pc(struct sltb *trace, uint64_t pc)
{
    trace->next_pc = pc;
    trace->has_next_pc = true;
}

/* Begins a statement in the block of accesses. */
static struct bytes *begin(struct sltb *trace, unsigned tag, int agent)
{
    trace->classes[trace->count++] = 0xFF;
    trace->records++;
    put_byte(&trace->statements.out, (uint8_t)(tag | (trace->has_next_pc && agent >= 0 ? ANNOTATED : 0)));
    if (agent >= 0) put_byte(&trace->statements.out, (uint8_t)agent);
    return &trace->statements.out;
}

static void end(struct sltb *trace, bool is_operation)
{
    if (trace->has_next_pc && is_operation) {
        put_byte(&trace->statements.out, 1);
        put_number(&trace->statements.out, fold(trace->next_pc - trace->statements.pc));
        trace->statements.pc = trace->next_pc;
    }
    trace->has_next_pc = false;
    if (is_full(trace)) flush(trace);
}

void sltb_barrier(struct sltb *trace, unsigned core, unsigned instruction, unsigned domain, unsigned accesses)
{
    struct bytes *out = begin(trace, TAG_BARRIER, (int)core);
    put_byte(out, (uint8_t)instruction);
    put_byte(out, (uint8_t)domain);
    put_byte(out, (uint8_t)accesses);
    end(trace, true);
}

void sltb_maintenance(struct sltb *trace, unsigned core, unsigned instruction, uint64_t address, uint64_t bytes)
{
    struct bytes *out = begin(trace, TAG_MAINTENANCE, (int)core);
    put_byte(out, (uint8_t)instruction);
    put_number(out, 0);
    put_address(&trace->statements, address);
    put_number(out, bytes);
    end(trace, true);
}

void sltb_maintenance_all(struct sltb *trace, unsigned core, unsigned instruction, unsigned level)
{
    struct bytes *out = begin(trace, TAG_MAINTENANCE, (int)core);
    put_byte(out, (uint8_t)instruction);
    put_byte(out, (uint8_t)level);
    end(trace, true);
}

void sltb_accessor(struct sltb *trace, unsigned core, bool is_write, unsigned device, unsigned name, uint64_t address)
{
    struct bytes *out = begin(trace, TAG_ACCESSOR, (int)core);
    put_byte(out, is_write ? 1 : 3); /* the relaxed ones: no barrier of the kernel's */
    put_byte(out, (uint8_t)(128 + device));
    put_number(out, name);
    put_address(&trace->statements, address);
    put_byte(out, 0);
    end(trace, true);
}

void sltb_wait(struct sltb *trace, unsigned core, unsigned device)
{
    put_byte(begin(trace, TAG_WAIT, (int)core), (uint8_t)(128 + device));
    end(trace, true);
}

void sltb_device(struct sltb *trace, unsigned device, unsigned kind, uint64_t address, uint64_t bytes)
{
    trace->has_next_pc = false;
    struct bytes *out = begin(trace, TAG_DEVICE_OPERATION, (int)(128 + device));
    put_byte(out, (uint8_t)kind); /* 0 reads, 1 writes, 2 fetches a descriptor */
    put_number(out, 0);
    put_address(&trace->statements, address);
    put_number(out, bytes);
    end(trace, true);
}

void sltb_mark(struct sltb *trace, const char *text)
{
    trace->has_next_pc = false;
    begin(trace, TAG_MARK, -1);
    put_string(&trace->statements, text);
    end(trace, false);
}

static unsigned name(struct sltb *trace, unsigned kind, const char *text, uint64_t start, uint64_t size)
{
    put_byte(&trace->names, (uint8_t)kind);
    put_text(&trace->names, text);
    put_number(&trace->names, start);
    put_number(&trace->names, size);
    return ++trace->name_count;
}

unsigned sltb_declare_region(struct sltb *trace, const char *text, uint64_t start, uint64_t size)
{
    unsigned number = name(trace, SLTB_NAME_REGION, text, start, size);
    struct bytes *out = &trace->declarations.out;
    put_byte(out, TAG_REGION);
    put_number(out, number);
    put_address(&trace->declarations, start);
    put_number(out, size);
    put_byte(out, 3); /* Device memory */
    put_byte(out, 0);
    trace->declarations.count++;
    return number;
}

unsigned sltb_declare_device(struct sltb *trace, const char *text, uint64_t start, uint64_t size, unsigned number)
{
    unsigned named = name(trace, SLTB_NAME_DEVICE, text, start, size);
    struct bytes *out = &trace->declarations.out;
    put_byte(out, TAG_DEVICE);
    put_number(out, named);
    put_byte(out, (uint8_t)(128 + number));
    put_byte(out, 2 | 8); /* not coherent; registers */
    put_address(&trace->declarations, start);
    put_number(out, size - 1);
    trace->declarations.count++;
    return named;
}

void sltb_declare_machine(struct sltb *trace, const char *text)
{
    put_byte(&trace->declarations.out, TAG_MACHINE);
    put_string(&trace->declarations, text);
    trace->declarations.count++;
}

uint64_t sltb_count(const struct sltb *trace) { return trace->records + trace->declarations.count; }

/* Moves the blocks that are there back by what comes before them. */
static void move_blocks(struct sltb *trace, uint64_t by)
{
    uint8_t piece[1 << 16];
    uint64_t left = trace->offset - 8;
    while (left > 0 && !trace->error) {
        size_t count = left < sizeof piece ? (size_t)left : sizeof piece;
        left -= count;
        if (fseeko(trace->file, (off_t)(8 + left), SEEK_SET) || fread(piece, 1, count, trace->file) != count
            || fseeko(trace->file, (off_t)(8 + left + by), SEEK_SET)
            || fwrite(piece, 1, count, trace->file) != count)
            trace->error = errno ? errno : EIO;
    }
    for (size_t i = 0; i < trace->index_count; i++) trace->index[i].offset += by;
}

/* Writes names and declarations before the blocks that are there. */
static void write_front(struct sltb *trace)
{
    if (trace->declarations.count == 0) return;
    /* How long the blocks in front will be is found by writing them once at the end of the file. */
    uint64_t body_end = trace->offset;
    size_t body_index = trace->index_count;
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) {
            uint64_t length = trace->offset - body_end;
            trace->offset = body_end;
            trace->index_count = body_index;
            move_blocks(trace, length);
            if (fseeko(trace->file, 8, SEEK_SET)) trace->error = errno;
            trace->offset = 8;
        }
        if (trace->name_count)
            write_block(trace, BLOCK_SYMBOLS, trace->names.data, trace->names.count, trace->name_count);
        write_block(trace, BLOCK_STATEMENTS, trace->declarations.out.data, trace->declarations.out.count,
                    trace->declarations.count);
        if (pass == 1) {
            trace->offset += body_end - 8;
            if (fseeko(trace->file, (off_t)trace->offset, SEEK_SET)) trace->error = errno;
        }
    }
    /* The block of declarations is the first one of the index. */
    struct index_entry first = trace->index[trace->index_count - 1];
    memmove(trace->index + 1, trace->index, body_index * sizeof *trace->index);
    trace->index[0] = first;
}

static void write_index(struct sltb *trace)
{
    uint64_t start = trace->offset, previous = 0;
    struct bytes raw = {0};
    uint32_t count = 0;
    for (size_t i = 0; i < trace->index_count; i++) {
        put_number(&raw, trace->index[i].offset - previous);
        put_number(&raw, trace->index[i].count);
        previous = trace->index[i].offset;
        count++;
        if (i + 1 < trace->index_count && raw.count < (64 << 10)) continue;
        write_block(trace, BLOCK_INDEX, raw.data, raw.count, count);
        raw.count = count = 0;
    }
    free(raw.data);
    uint8_t trailer[24];
    put_fixed(trailer, start, 8);
    put_fixed(trailer + 8, sltb_count(trace), 8);
    put_fixed(trailer + 16, crc32_z(0, trailer, 16), 4);
    memcpy(trailer + 20, "BTLS", 4);
    write_all(trace, trailer, sizeof trailer);
}

int sltb_close(struct sltb *trace, uint64_t *bytes)
{
    flush(trace);
    write_front(trace);
    write_index(trace);
    if (fflush(trace->file) && !trace->error) trace->error = errno;
    /* What the first pass of write_front left behind the end. */
    if (ftruncate(fileno(trace->file), (off_t)trace->offset) && !trace->error) trace->error = errno;
    if (fclose(trace->file) && !trace->error) trace->error = errno;
    if (!trace->error && rename(trace->partial, trace->path)) trace->error = errno;
    if (trace->error) unlink(trace->partial);
    *bytes = trace->offset;
    int error = trace->error;
    ZSTD_freeCCtx(trace->zstd);
    free(trace->ones), free(trace->twos), free(trace->raw), free(trace->stored), free(trace->index);
    free(trace->numbers.data), free(trace->statements.out.data), free(trace->declarations.out.data);
    free(trace->names.data), free(trace->path), free(trace->partial);
    free(trace);
    return error;
}
