/* Writes staleline's binary trace format, version 2 (docs/trace-format-binary.md), as it is told accesses and statements. */
#ifndef SLTB_H
#define SLTB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* AccessKind of the format. */
enum { SLTB_LOAD = 0, SLTB_STORE = 1, SLTB_FETCH = 2, SLTB_LOAD_EXCLUSIVE = 6, SLTB_STORE_EXCLUSIVE = 7,
       SLTB_LOAD_ACQUIRE = 8, SLTB_STORE_RELEASE = 9, SLTB_PREFETCH = 10 };

/* Instructions of maintenance. */
enum { SLTB_DC_CVAC = 0, SLTB_DC_CIVAC = 1, SLTB_DC_IVAC = 2, SLTB_DC_CVAU = 3, SLTB_DC_ZVA = 4, SLTB_DC_CSW = 5,
       SLTB_DC_CISW = 6, SLTB_DC_ISW = 7, SLTB_IC_IVAU = 8, SLTB_IC_IALLU = 9, SLTB_L2_CLEAN = 10,
       SLTB_L2_INV = 11, SLTB_L2_FLUSH = 12, SLTB_L2_FLUSH_WAY = 13, SLTB_L2_SYNC = 14, SLTB_IC_IALLUIS = 15,
       SLTB_L2_INV_WAY = 16 };

/* Kinds of names. */
enum { SLTB_NAME_REGION = 1, SLTB_NAME_DEVICE = 3 };

struct sltb;

/* Opens a file; null: errno says why not. `path` gets a ".partial" while it is written. */
struct sltb *sltb_open(const char *path);

/* One access of a core. The address space's last byte cannot be used: such an access is counted and left out. */
void sltb_access(struct sltb *trace, unsigned core, unsigned kind, uint64_t address, uint32_t size);

/* Statements; `name` 0: none; `bytes` 0: the line of an instruction. */
void sltb_barrier(struct sltb *trace, unsigned core, unsigned instruction, unsigned domain, unsigned accesses);
void sltb_maintenance(struct sltb *trace, unsigned core, unsigned instruction, uint64_t address, uint64_t bytes);
void sltb_maintenance_all(struct sltb *trace, unsigned core, unsigned instruction, unsigned level);
void sltb_accessor(struct sltb *trace, unsigned core, bool is_write, unsigned device, unsigned name, uint64_t address);
void sltb_wait(struct sltb *trace, unsigned core, unsigned device);
void sltb_device(struct sltb *trace, unsigned device, unsigned kind, uint64_t address, uint64_t bytes);
void sltb_mark(struct sltb *trace, const char *text);

/* The line of source or the program counter of the next statement (not access): @pc=. */
void sltb_next_pc(struct sltb *trace, uint64_t pc);

/* Declarations, which stand before everything else, whenever they are made. Return the name's number. */
unsigned sltb_declare_region(struct sltb *trace, const char *name, uint64_t start, uint64_t size);
unsigned sltb_declare_device(struct sltb *trace, const char *name, uint64_t start, uint64_t size, unsigned number);
void sltb_declare_machine(struct sltb *trace, const char *name);

/* How many records were written. */
uint64_t sltb_count(const struct sltb *trace);

/* Ends the file and gives it its name. Returns 0, or an errno. */
int sltb_close(struct sltb *trace, uint64_t *bytes);

#endif
