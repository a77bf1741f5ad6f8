/* A plugin of QEMU that counts how often every block of instructions runs, and in which function of the model.
 *
 * Arguments: out=FILE, and functions=FILE with lines "START END ROLE" in hexadecimal. ROLE 0 is a function around
 * the model, ROLE n > 0 the model's function n. A block that lies in none of them (a library's) counts for the
 * function that ran last. FILE gets lines "ROLE ADDRESS INSTRUCTIONS RUNS" at the end.
 *
 * The declarations are those of qemu-plugin.h that have been the same in all versions of its interface. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define FUNCTIONS 1024

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*tb_callback)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*exec_callback)(unsigned int cpu, void *data);
typedef void (*end_callback)(plugin_id id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, tb_callback callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, exec_callback callback, int flags, void *data);
void qemu_plugin_register_atexit_cb(plugin_id id, end_callback callback, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION 1
#endif
EXPORT int qemu_plugin_version = PLUGIN_VERSION;

static struct {
    uint64_t start, end;
    int role;
} functions[FUNCTIONS];
static int number_of_functions;

/* A block; each role that it ran in has a counter of its own. */
struct block {
    struct block *next;
    uint64_t address;
    size_t instructions;
    int role; /* of the function that it lies in; -1 for a library's */
    uint64_t runs[];
};

static struct block *blocks;
static int current, roles = 1;
static char output[4096];

static void ran(unsigned int cpu, void *data)
{
    struct block *const block = data;
    (void)cpu;
    if (block->role >= 0) {
        current = block->role;
    }
    ++block->runs[current];
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    (void)id;
    struct block *const block = calloc(1, sizeof *block + (size_t)roles * sizeof block->runs[0]);
    if (block == NULL) {
        return;
    }
    block->address = qemu_plugin_tb_vaddr(tb);
    block->instructions = qemu_plugin_tb_n_insns(tb);
    block->role = -1;
    for (int i = 0; i < number_of_functions; ++i) {
        if (functions[i].start <= block->address && block->address < functions[i].end) {
            block->role = functions[i].role;
        }
    }
    block->next = blocks;
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, ran, 0, block);
}

static void finished(plugin_id id, void *data)
{
    (void)id;
    (void)data;
    FILE *const file = fopen(output, "w");
    if (file == NULL) {
        return;
    }
    for (const struct block *block = blocks; block != NULL; block = block->next) {
        for (int role = 1; role < roles; ++role) {
            if (block->runs[role] > 0) {
                fprintf(file, "%d %llx %zu %llu\n", role, (unsigned long long)block->address, block->instructions,
                        (unsigned long long)block->runs[role]);
            }
        }
    }
    fclose(file);
}

static int read_functions(const char *name)
{
    FILE *const file = fopen(name, "r");
    if (file == NULL) {
        return -1;
    }
    unsigned long long start, end;
    int role;
    while (number_of_functions < FUNCTIONS && fscanf(file, "%llx %llx %d", &start, &end, &role) == 3) {
        functions[number_of_functions].start = start;
        functions[number_of_functions].end = end;
        functions[number_of_functions++].role = role;
        if (role >= roles) {
            roles = role + 1;
        }
    }
    fclose(file);
    return 0;
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; ++i) {
        if (strncmp(argv[i], "out=", 4) == 0) {
            snprintf(output, sizeof output, "%s", argv[i] + 4);
        } else if (strncmp(argv[i], "functions=", 10) == 0 && read_functions(argv[i] + 10) != 0) {
            return -1;
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
